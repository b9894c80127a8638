/** Tests what entries become below a root, one rule of 03-archives.md "Writing" per case, both ways. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ArchiveError, listMessages } from "../../../../lib/errors.ts";
import { isRootUser } from "../../../../lib/sys/namespace.ts";
import { concat, directory, entry, file, hardlink, longName, symlink } from "../../../support/tar_builder.ts";
import { Arena, type TreeText } from "../../../support/arena.ts";
import { testWith } from "../../../support/needs.ts";

const fifo = (name: string): Uint8Array => entry({ name, type: "6", mode: 0o640 });
const device = (name: string): Uint8Array => entry({ name, type: "3" });

const ACCEPTED: Record<string, { blocks: Uint8Array[]; tree: TreeText; takesRoot?: true }> = {
  "strips leading slashes and ignores ./": {
    blocks: [file("///a/.//b", "b"), file("./c", "c")],
    tree: { a: "d 755", "a/b": "644 b", c: "644 c" },
  },
  "makes missing parents 0755": {
    blocks: [file("x/y/z", "z", { mode: 0o600 })],
    tree: { x: "d 755", "x/y": "d 755", "x/y/z": "600 z" },
  },
  "keeps all twelve permission bits": {
    blocks: [directory("d", { mode: 0o3750 }), file("d/suid", "s", { mode: 0o6755 })],
    tree: { d: "d 3750", "d/suid": "6755 s" },
    takesRoot: true,
  },
  "writes into a directory that has no permissions": {
    blocks: [directory("d", { mode: 0 }), file("d/f", "f", { mode: 0 })],
    tree: { d: "d 0", "d/f": "0 f" },
    takesRoot: true,
  },
  "gives a directory that comes twice its last mode": {
    blocks: [directory("d", { mode: 0o700 }), file("d/f", "f"), directory("d/", { mode: 0o711 })],
    tree: { d: "d 711", "d/f": "644 f" },
  },
  "resolves absolute and upward symlinks inside the root": {
    blocks: [
      directory("run"),
      symlink("abs", "/run"),
      symlink("up", "../../../run"),
      file("abs/a", "a"),
      file("up/b", "b"),
    ],
    tree: { abs: "-> /run", run: "d 755", "run/a": "644 a", "run/b": "644 b", up: "-> ../../../run" },
  },
  "replaces a symlink by a file, and does not write through it": {
    blocks: [file("f", "old"), symlink("l", "f"), file("l", "new")],
    tree: { f: "644 old", l: "644 new" },
  },
  "replaces a name of a file, and leaves its other name alone": {
    blocks: [file("f", "old"), hardlink("l", "f"), file("l", "new")],
    tree: { f: "644 old", l: "644 new" },
  },
  "replaces a symlink by a directory, and leaves its target's mode": {
    blocks: [
      directory("d", { mode: 0o700 }),
      symlink("l", "d"),
      directory("l", { mode: 0o777 }),
      file("l/f", "f"),
    ],
    tree: { d: "d 700", l: "d 777", "l/f": "644 f" },
  },
  "replaces an empty directory by a file": {
    blocks: [directory("d"), file("d", "f")],
    tree: { d: "644 f" },
  },
  "writes where a symlink leads after it was replaced": {
    blocks: [
      directory("a"),
      directory("b"),
      symlink("l", "a"),
      file("l/1", "1"),
      symlink("l", "b"),
      file("l/2", "2"),
    ],
    tree: { a: "d 755", "a/1": "644 1", b: "d 755", "b/2": "644 2", l: "-> b" },
  },
  "gives a directory its mode by whatever path it was made": {
    blocks: [
      directory("a"),
      directory("b"),
      directory("b/d", { mode: 0o750 }),
      symlink("l", "a"),
      directory("l/d", { mode: 0o711 }),
      symlink("l", "b"),
    ],
    tree: { a: "d 755", "a/d": "d 711", b: "d 755", "b/d": "d 750", l: "-> b" },
  },
  "forgets a directory that was replaced by another path": {
    blocks: [directory("a"), symlink("l", "a"), directory("l/d", { mode: 0o711 }), file("a/d", "f")],
    tree: { a: "d 755", "a/d": "644 f", l: "-> a" },
  },
  "shuts directories that their owner may not search after what is in them": {
    blocks: [
      directory("a", { mode: 0 }),
      directory("a/b", { mode: 0o300 }),
      directory("a/b/c"),
      file("a/b/f", "f"),
    ],
    tree: { a: "d 0", "a/b": "d 300", "a/b/c": "d 755", "a/b/f": "644 f" },
    takesRoot: true,
  },
  "opens a directory again that came first without permissions": {
    blocks: [directory("a", { mode: 0 }), directory("a/b"), directory("a", { mode: 0o755 })],
    tree: { a: "d 755", "a/b": "d 755" },
  },
  "makes a directory anew where a symlink had replaced it": {
    blocks: [
      directory("a", { mode: 0o700 }),
      symlink("a", "b"),
      directory("b"),
      directory("a", { mode: 0o711 }),
      file("a/f", "f"),
    ],
    tree: { a: "d 711", "a/f": "644 f", b: "d 755" },
  },
  "links a symlink itself, and an absolute source inside the root": {
    blocks: [symlink("l", "nowhere"), hardlink("l2", "/l"), file("f", "f"), hardlink("g", "../../f")],
    tree: { f: "644 f", g: "= f", l: "-> nowhere", l2: "= l" },
  },
  "takes a hard link twice": {
    blocks: [file("f", "f"), hardlink("g", "f"), hardlink("g", "f")],
    tree: { f: "644 f", g: "= f" },
  },
  "makes FIFOs and replaces them": {
    blocks: [fifo("p"), fifo("q"), file("q", "q")],
    tree: { p: "fifo 640", q: "644 q" },
  },
  "skips devices": { blocks: [device("dev/null"), file("f", "f")], tree: { f: "644 f" } },
  "takes the root for a directory by each of its names": {
    blocks: ["", ".", "./", "/", "./.", "//"].flatMap((name) => [
      directory(name, { mode: 0o700 }),
      file(name, "", { type: "\0", format: "v7" }),
    ]),
    tree: {},
  },
  "lets a hard link to itself be": {
    blocks: [
      file("d/f", "f"),
      symlink("s", "d"),
      hardlink("d/f", "./d//f"),
      hardlink("s/f", "d/f"),
      symlink("l", "nowhere"),
      hardlink("l", "l"),
    ],
    tree: { d: "d 755", "d/f": "644 f", l: "-> nowhere", s: "-> d" },
  },
  "ignores the metadata of the root": { blocks: [directory("./", { mode: 0o777 })], tree: {} },
  "takes whiteout names as plain files": {
    blocks: [file("a", "a"), file(".wh.a", ""), file(".wh..wh..opq", "")],
    tree: { ".wh..wh..opq": "644 ", ".wh.a": "644 ", a: "644 a" },
  },
  "takes the longest name component": {
    blocks: [concat(longName("n".repeat(255)), file("short", "x"))],
    tree: { ["n".repeat(255)]: "644 x" },
  },
};

/** The entry that the message names, and a word of the reason. */
const REFUSED: Record<string, { blocks: Uint8Array[]; entry: string; reason: RegExp }> = {
  "a .. component": { blocks: [file("a/../b")], entry: "a/../b", reason: /leaves the image root/ },
  "a name that is only ..": { blocks: [directory("..")], entry: "..", reason: /leaves the image root/ },
  "a file with data in place of the root": { blocks: [file(".", "x")], entry: ".", reason: /image root/ },
  "a file with data and no name": { blocks: [file("", "x")], entry: "", reason: /image root/ },
  "a hard link in place of the root": {
    blocks: [file("f"), hardlink("/", "f")],
    entry: "/",
    reason: /image root/,
  },
  "a FIFO without a name": { blocks: [fifo("")], entry: "", reason: /image root/ },
  "a device in place of the root": { blocks: [device("./.")], entry: "./.", reason: /image root/ },
  "a symlink in place of the root": { blocks: [symlink("./", "x")], entry: "./", reason: /image root/ },
  "a file over a directory that is not empty": {
    blocks: [file("d/f"), file("d")],
    entry: "d",
    reason: /not empty/,
  },
  "a symlink over a directory that is not empty": {
    blocks: [file("d/f"), symlink("d", "../victim")],
    entry: "d",
    reason: /not empty/,
  },
  "a file as a parent": { blocks: [file("f"), file("f/g")], entry: "f/g", reason: /ENOTDIR/ },
  "a parent that is a symlink to nothing": {
    blocks: [symlink("l", "nowhere"), file("l/f")],
    entry: "l/f",
    reason: /ENOENT/,
  },
  "a loop of symlinks as a parent": {
    blocks: [symlink("a", "b"), symlink("b", "a"), file("a/f")],
    entry: "a/f",
    reason: /ELOOP/,
  },
  "a hard link to nothing": { blocks: [hardlink("l", "f")], entry: "l", reason: /does not exist/ },
  "a hard link to itself where nothing is": {
    blocks: [hardlink("f", "./f")],
    entry: "f",
    reason: /does not exist/,
  },
  "a hard link of a directory to itself": {
    blocks: [directory("d"), hardlink("d", "d")],
    entry: "d",
    reason: /is a directory/,
  },
  "a hard link to a directory": {
    blocks: [directory("d"), hardlink("l", "d")],
    entry: "l",
    reason: /is a directory/,
  },
  "a hard link to the directory above": {
    blocks: [hardlink("l", "../victim/..")],
    entry: "l",
    reason: /is a directory/,
  },
  "a hard link to a file beside the root": {
    blocks: [hardlink("l", "../victim/hello")],
    entry: "l",
    reason: /does not exist/,
  },
  "a name component of 256 bytes": {
    blocks: [concat(longName("n".repeat(256)), file("short"))],
    entry: "n".repeat(256),
    reason: /255|ENAMETOOLONG/,
  },
};

const isRoot = isRootUser();

for (const resolver of ["openat2", "walk"] as const) {
  for (const [what, { blocks, tree, takesRoot }] of Object.entries(ACCEPTED)) {
    testWith(`TreeWriter ${what} (${resolver})`, { isRoot: takesRoot ?? false }, async () => {
      using arena = new Arena();
      await arena.unpack(blocks, resolver, { isOwnerKept: isRoot });
      assertEquals(arena.readText(), tree);
      assert(arena.isSentinelSame);
    });
  }

  for (const [what, { blocks, entry: name, reason }] of Object.entries(REFUSED)) {
    Deno.test(`TreeWriter refuses ${what} (${resolver})`, async () => {
      using arena = new Arena();
      const options = { isOwnerKept: isRoot };
      const error = await assertRejects(() => arena.unpack(blocks, resolver, options), ArchiveError);
      const text = listMessages(error).join(": ");
      assert(text.includes(`entry "${name}": `), text);
      assert(reason.test(text), text);
      assert(arena.isSentinelSame);
    });
  }
}

Deno.test("TreeWriter leaves the time of a file that replaced a directory", async () => {
  using arena = new Arena();
  await arena.unpack([directory("d", { mtime: 1 }), file("d", "f", { mtime: 5 })], "openat2", {
    isOwnerKept: isRoot,
  });
  assertEquals(Deno.statSync(`${arena.root}/d`).mtime?.getTime(), 5000);
});

Deno.test("TreeWriter refuses more directories without permissions than it keeps in mind", async () => {
  using arena = new Arena();
  const blocks = Array.from({ length: 17_000 }, (_, index) => {
    const name = String(index).padStart(250, "x");
    return concat(longName(name), directory("short", { mode: index % 2 === 0 ? 0 : 0o300 }));
  });
  const error = await assertRejects(
    () => arena.unpack(blocks, "openat2", { isOwnerKept: isRoot }),
    ArchiveError,
  );
  assert(listMessages(error).join(": ").includes("may not read or search"), listMessages(error).join(": "));
  assertEquals((error.cause as ArchiveError).hint?.includes("chmod -R u+rX"), true);
});
