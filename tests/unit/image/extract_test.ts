/** Tests extracting any archive into a directory, squashfs included, and what is left after a failure. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ArchiveError, isErrno, TorcxError } from "../../../lib/errors.ts";
import { extractArchive } from "../../../lib/image/extract.ts";
import type { UnpackSummary } from "../../../lib/image/unpack.ts";
import { Root } from "../../../lib/sys/root.ts";
import { concat, directory, END, file, gzip } from "../../support/tar_builder.ts";
import { compareTrees, readTree } from "../../support/tree.ts";
import { Arena } from "../../support/arena.ts";
import { type Needs, testWith } from "../../support/needs.ts";
import { readMounts } from "../../support/mounts.ts";

/** Runs a program of the system; its failure is the test's. */
function run(program: string, ...args: readonly string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, { args: [...args] }).outputSync();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

async function extract(
  arena: Arena,
  name: string,
  data: Uint8Array,
  target = "root",
): Promise<UnpackSummary> {
  Deno.writeFileSync(`${arena.directory}/${name}`, data);
  using root = Root.open(arena.directory);
  return await extractArchive(root, `/${name}`, { directory: `/${target}` });
}

const TAR = concat(directory("d"), file("d/f", "data"), END);
const NO_ARCHIVE = concat(file("d/f", "data"), file("d/../g"), END);

for (
  const { name, make } of [
    { name: "a.tgz", make: () => gzip(TAR) },
    { name: "a.tar.gz", make: () => gzip(TAR) },
    { name: "a.tar", make: () => Promise.resolve(TAR) },
    { name: "a", make: () => Promise.resolve(TAR) },
  ]
) {
  Deno.test(`extractArchive() extracts ${name} by its name`, async () => {
    using arena = new Arena();
    await extract(arena, name, await make());
    assertEquals(arena.readText(), { d: "d 755", "d/f": "644 data" });
  });
}

Deno.test("extractArchive() makes the directory if it is missing", async () => {
  using arena = new Arena();
  await extract(arena, "a.tar", TAR, "new");
  assertEquals(Deno.readTextFileSync(`${arena.directory}/new/d/f`), "data");
});

for (
  const { what, name, make } of [
    { what: "plain tar is named gz", name: "a.tgz", make: () => Promise.resolve(TAR) },
    { what: "gzip is named tar", name: "a.tar", make: () => gzip(TAR) },
    { what: "an entry is refused", name: "a.tar", make: () => Promise.resolve(NO_ARCHIVE) },
    { what: "the file is cut", name: "a.tgz", make: async () => (await gzip(TAR)).slice(0, -9) },
    { what: "the file is empty", name: "a.tgz", make: () => Promise.resolve(new Uint8Array()) },
  ]
) {
  Deno.test(`extractArchive() leaves nothing if ${what}`, async () => {
    using arena = new Arena();
    const data = await make();
    await assertRejects(() => extract(arena, name, data), ArchiveError);
    assertEquals([...Deno.readDirSync(arena.root)], []);
    await assertRejects(() => extract(arena, name, data, "new"), ArchiveError);
    const names = [...Deno.readDirSync(arena.directory)].map((item) => item.name).sort();
    assertEquals(names, [name, "root", "victim"]);
  });
}

Deno.test("extractArchive() gives the directory its mode back, whole or failed", async () => {
  for (const mode of [0o755, 0o750, 0o700]) {
    using arena = new Arena();
    Deno.chmodSync(arena.root, mode);
    await assertRejects(() => extract(arena, "a.tar", NO_ARCHIVE), ArchiveError);
    assertEquals([Deno.statSync(arena.root).mode! & 0o7777, readTree(arena.root).size], [mode, 0]);
    await extract(arena, "a.tar", TAR);
    assertEquals(Deno.statSync(arena.root).mode! & 0o7777, mode);
  }
});

Deno.test("extractArchive() refuses what is no empty directory, and leaves it alone", async () => {
  using arena = new Arena();
  Deno.symlinkSync("victim", `${arena.directory}/link`);
  Deno.symlinkSync("nowhere", `${arena.directory}/dangling`);
  for (const target of ["victim", "victim/hello", "link", "dangling"]) {
    const error = await assertRejects(() => extract(arena, "a.tar", TAR, target), TorcxError);
    assertEquals(error.code, "exists", target);
  }
  assertEquals(Deno.readTextFileSync(`${arena.directory}/victim/hello`), "hello\n");
  assertEquals([...Deno.readDirSync(`${arena.directory}/victim`)].length, 1);
});

Deno.test("extractArchive() makes no directory if there is no archive", async () => {
  using arena = new Arena();
  using root = Root.open(arena.directory);
  const error = await assertRejects(() => extractArchive(root, "/missing.tar", { directory: "/new" }));
  assert(isErrno(error, "ENOENT"));
  assertEquals([...Deno.readDirSync(arena.directory)].map(({ name }) => name).sort(), ["root", "victim"]);
});

function isPresent(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const SQUASHFS: Needs = {
  isRoot: true,
  loopDevices: true,
  programs: ["mksquashfs", "mknod", "setfattr", "losetup"],
};

testWith(
  "extractArchive() copies a squashfs image whole, and leaves no mount or loop device",
  SQUASHFS,
  async () => {
    using arena = new Arena();
    const tree = `${arena.directory}/tree`;
    run(
      "sh",
      "-euc",
      `mkdir -p "$0/d/e" && cd "$0" && echo data > d/f && ln d/f d/e/g && chown 7:8 d/f && chmod 6755 d/f
       setfattr -n user.a -v 1 d/f && ln -s ../f d/e/l && chown -h 9:9 d/e/l && mkfifo -m 640 p && echo x > w
       chmod 0 w && chmod 1711 d/e && touch -h -d @1234567890 d/e/l d/f p w d/e d`,
      tree,
    );
    const before = readTree(tree);
    run("mknod", `${tree}/null`, "c", "1", "3");
    run("mksquashfs", tree, `${arena.directory}/a.squashfs`, "-no-progress", "-quiet");
    const mounts = run("cat", "/proc/1/mountinfo");
    using root = Root.open(arena.directory);
    const warnings: string[] = [];
    const summary = await extractArchive(root, "/a.squashfs", {
      directory: "/root",
      onWarning: (message) => warnings.push(message),
    });
    assertEquals(compareTrees(readTree(arena.root), before, { hasOwners: true }), []);
    const value = run("getfattr", "--only-values", "-n", "user.a", `${arena.root}/d/e/g`);
    assertEquals(value, "1");
    assertEquals(warnings, [`char device "null" is skipped: images have none`]);
    const { readBytes, ...counts } = summary;
    assertEquals(readBytes, Deno.statSync(`${arena.directory}/a.squashfs`).size);
    assertEquals(counts, {
      unpackedBytes: 7,
      files: 2,
      directories: 2,
      symlinks: 1,
      hardlinks: 1,
      fifos: 1,
      skipped: 1,
      warnings,
    });
    assertEquals(run("cat", "/proc/1/mountinfo"), mounts);
    assertEquals(readMounts().filter(({ target }) => target.startsWith(arena.directory)), []);
    assertEquals(run("losetup", "-j", `${arena.directory}/a.squashfs`), "");
  },
);

/** What is made of a squashfs image of 4 KiB or more, and the code of the error. */
const DAMAGES: Record<string, { damage: (image: Uint8Array) => Uint8Array; code: string }> = {
  "is no squashfs": { damage: (image) => new Uint8Array(image.length), code: "archive" },
  "is cut off": { damage: (image) => image.subarray(0, 120), code: "archive" },
  "is empty": { damage: () => new Uint8Array(), code: "archive" },
  // The superblock and its length stay: only the kernel sees it.
  "is damaged in the middle": { damage: (image) => image.fill(0xff, 96, -1), code: "syscall" },
};

for (const [what, { damage, code }] of Object.entries(DAMAGES)) {
  testWith(
    `extractArchive() leaves no mount, loop device or file if a squashfs image ${what}`,
    SQUASHFS,
    async () => {
      using arena = new Arena();
      const path = `${arena.directory}/a.squashfs`;
      run("mksquashfs", `${arena.directory}/victim`, path, "-no-progress", "-quiet");
      const data = damage(Deno.readFileSync(path));
      const error = await assertRejects(() => extract(arena, "a.squashfs", data, "new"), TorcxError);
      assertEquals(error.code, code);
      assert(!isPresent(`${arena.directory}/new`));
      assertEquals(run("losetup", "-j", path), "");
    },
  );
}

for (
  const { what, mode, uid, reason } of [
    { what: "another user owns the directory", mode: 0o755, uid: 1000, reason: "user 1000 may write" },
    { what: "everybody may write in the directory", mode: 0o1777, uid: 0, reason: "others may write" },
    { what: "a group may write in the directory", mode: 0o775, uid: 0, reason: "others may write" },
  ]
) {
  testWith(`extractArchive() refuses to work as root if ${what}`, { isRoot: true }, async () => {
    using arena = new Arena();
    const directory = `${arena.directory}/shared`;
    Deno.mkdirSync(directory);
    Deno.chownSync(directory, uid, 0);
    Deno.chmodSync(directory, mode);
    await assertRejects(() => extract(arena, "a.tar", TAR, "shared"), TorcxError, reason);
    assertEquals([...Deno.readDirSync(directory)], []);
  });
}
