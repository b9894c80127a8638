import { assert, assertEquals } from "@std/assert";
import { indexStores, parseArchiveName, type StoreIndex } from "../../../lib/catalog/stores.ts";
import { listMessages } from "../../../lib/errors.ts";
import { catchError, type Node, OS_RELEASE, type Tree, withTree } from "../../support/nodes.ts";

const VENDOR = "usr/share/torcx/store";
const OEM = "usr/share/oem/torcx/store";
const USER = "var/lib/torcx/store";

function list(index: StoreIndex): string[] {
  return index.archives.map(({ name, reference, format, path }) => `${name} ${reference} ${format} ${path}`);
}

async function check(
  nodes: Record<string, Node>,
  use: (index: StoreIndex, tree: Tree) => void,
  environment: Record<string, string> = {},
): Promise<void> {
  await withTree({ ...nodes, ...OS_RELEASE }, (tree) => {
    use(indexStores({ root: tree.root, settings: tree.readSettings(environment), log: tree.log }), tree);
  });
}

Deno.test("parseArchiveName() splits NAME:REFERENCE (contract: Archive names)", () => {
  const cases: [string, string | undefined][] = [
    ["docker:17.06.torcx.tgz", "docker 17.06 tgz"],
    ["docker:17.06.torcx.squashfs", "docker 17.06 squashfs"],
    ["docker.torcx.tgz", "docker com.coreos.cl tgz"],
    ["a:b:c.torcx.tgz", "a:b c tgz"],
    ["a.torcx.torcx.tgz", "a.torcx com.coreos.cl tgz"],
    ["docker:17.06.tgz", undefined],
    ["docker:17.06.torcx.TGZ", undefined],
    [".torcx.tgz", undefined],
    [":1.torcx.tgz", undefined],
    ["a:.torcx.tgz", undefined],
    ["..:1.torcx.tgz", undefined],
    ["a b:1.torcx.tgz", undefined],
    ["a\n:1.torcx.tgz", undefined],
  ];
  for (const [file, expected] of cases) {
    const archive = parseArchiveName(file, "/s");
    assertEquals(archive && `${archive.name} ${archive.reference} ${archive.format}`, expected, file);
    if (archive !== undefined) assertEquals([archive.path, archive.store], [`/s/${file}`, "/s"]);
  }
});

Deno.test("indexStores() sorts by name, then reference, and finds by both (contract: Files, fixed)", () =>
  check({
    [`${VENDOR}/b:1.torcx.tgz`]: "",
    [`${USER}/a:2.torcx.tgz`]: "",
    [`${USER}/a:10.torcx.squashfs`]: "",
    [`${USER}/a.torcx.tgz`]: "",
    [`${USER}/notes.txt`]: "",
  }, (index, { log }) => {
    assertEquals(list(index), [
      `a 10 squashfs /${USER}/a:10.torcx.squashfs`,
      `a 2 tgz /${USER}/a:2.torcx.tgz`,
      `a com.coreos.cl tgz /${USER}/a.torcx.tgz`,
      `b 1 tgz /${VENDOR}/b:1.torcx.tgz`,
    ]);
    assertEquals(index.find({ name: "a", reference: "2" })?.path, `/${USER}/a:2.torcx.tgz`);
    assertEquals(index.find({ name: "a", reference: "3" }), undefined);
    assertEquals(index.stores, [`/${VENDOR}`, `/${USER}`]);
    assertEquals(log.lines, [], "missing stores are passed over quietly");
  }));

Deno.test("indexStores() lets the first store win, and warns of each shadowed archive (contract: Archive names)", () =>
  check({
    [`${VENDOR}/a:1.torcx.tgz`]: "",
    [`${OEM}/1.2.3/a:1.torcx.tgz`]: "",
    [`${USER}/a:1.torcx.tgz`]: "",
  }, (index, { log }) => {
    assertEquals(list(index), [`a 1 tgz /${VENDOR}/a:1.torcx.tgz`]);
    assertEquals(index.shadowed.map(({ archive, by }) => [archive.store, by.store]), [
      [`/${OEM}/1.2.3`, `/${VENDOR}`],
      [`/${USER}`, `/${VENDOR}`],
    ]);
    assertEquals(log.lines, [
      `warning: image "a:1": archive "/${OEM}/1.2.3/a:1.torcx.tgz" is shadowed by "/${VENDOR}/a:1.torcx.tgz"`,
      `warning: image "a:1": archive "/${USER}/a:1.torcx.tgz" is shadowed by "/${VENDOR}/a:1.torcx.tgz"`,
    ]);
  }));

Deno.test("indexStores() lets a squashfs in any store beat a tgz (contract: Archive names)", () =>
  check({
    [`${VENDOR}/a:1.torcx.tgz`]: "",
    [`${OEM}/a:1.torcx.squashfs`]: "",
    [`${USER}/a:1.torcx.squashfs`]: "",
    [`${USER}/a:1.torcx.tgz`]: "",
  }, (index) => {
    assertEquals(list(index), [`a 1 squashfs /${OEM}/a:1.torcx.squashfs`]);
    assertEquals(index.shadowed.map(({ archive }) => archive.path).sort(), [
      `/${VENDOR}/a:1.torcx.tgz`,
      `/${USER}/a:1.torcx.squashfs`,
      `/${USER}/a:1.torcx.tgz`,
    ]);
    assert(index.shadowed.every(({ by }) => by.path === `/${OEM}/a:1.torcx.squashfs`));
  }));

Deno.test("indexStores() treats a name without reference as com.coreos.cl in one store too", () =>
  check({ [`${VENDOR}/a.torcx.tgz`]: "", [`${VENDOR}/a:com.coreos.cl.torcx.tgz`]: "" }, (index) => {
    assertEquals(list(index), [`a com.coreos.cl tgz /${VENDOR}/a.torcx.tgz`]);
    assertEquals(index.shadowed.length, 1);
  }));

Deno.test("indexStores() counts a symlink if it ends at a regular file inside the root (contract: Archive names)", () =>
  check({
    "data/file": "",
    [`${VENDOR}/abs:1.torcx.tgz`]: { link: "/data/file" },
    [`${VENDOR}/rel:1.torcx.tgz`]: { link: "abs:1.torcx.tgz" },
    [`${VENDOR}/up:1.torcx.tgz`]: { link: "../../../../../../../../data/file" },
    [`${VENDOR}/broken:1.torcx.tgz`]: { link: "/etc/hostname" },
    [`${VENDOR}/dirlink:1.torcx.tgz`]: { link: "/data" },
    [`${VENDOR}/dir:1.torcx.tgz`]: { dir: true },
  }, (index, { log }) => {
    assertEquals(index.archives.map(({ name }) => name as string), ["abs", "rel", "up"]);
    assertEquals(log.lines.length, 3);
    assertEquals(log.lines.map((line) => line.replace("warning: ", "")), index.warnings);
    assert(log.lines.every((line) => line.startsWith("warning: skipping ")), log.lines.join("\n"));
  }));

Deno.test("indexStores() fails if a symlink in a store cannot be followed: that is not the same as absent", () =>
  withTree({ [`${USER}/loop:1.torcx.tgz`]: { link: "loop:1.torcx.tgz" }, ...OS_RELEASE }, (tree) => {
    const settings = tree.readSettings();
    const [first] = listMessages(catchError(() => indexStores({ root: tree.root, settings, log: tree.log })));
    assertEquals(first, `Cannot read "/${USER}/loop:1.torcx.tgz": it is there but unreadable`);
  }));

Deno.test("indexStores() skips illegal names with a warning (contract: Profile names)", () =>
  withTree({ [`${USER}/ok:1.torcx.tgz`]: "", [`${USER}/a\nb:1.torcx.tgz`]: "", ...OS_RELEASE }, (tree) => {
    Deno.writeTextFileSync(`${tree.path}/${USER}/-x:1.torcx.tgz`, "");
    Deno.writeTextFileSync(`${tree.path}/${USER}/ü:1.torcx.tgz`, "");
    const index = indexStores(tree.readSystem());
    assertEquals(index.archives.map(({ name }) => name as string), ["ok"]);
    assertEquals(tree.log.lines.length, 3);
    assert(tree.log.lines.every((line) => line.endsWith("it holds no legal NAME:REFERENCE")));
  }));

Deno.test("indexStores() reads a store once if two paths lead to it", () =>
  check({ "a/x:1.torcx.tgz": "", "b": { link: "/a" } }, (index, { log }) => {
    assertEquals(list(index), ["x 1 tgz /a/x:1.torcx.tgz"]);
    assertEquals([index.shadowed, index.stores, log.lines], [[], ["/a"], []]);
  }, { TORCX_STOREPATH: "/a:/b:/a/" }));

Deno.test("indexStores() searches the versioned stores of another version, the vendor store left out", () =>
  withTree({
    [`${VENDOR}/v:1.torcx.tgz`]: "",
    [`${OEM}/9/o:1.torcx.tgz`]: "",
    [`${USER}/9/u:1.torcx.tgz`]: "",
    [`${USER}/1.2.3/old:1.torcx.tgz`]: "",
    ...OS_RELEASE,
  }, ({ readSystem }) => {
    const index = indexStores(readSystem(), { osVersion: "9", isVendorOmitted: true });
    assertEquals(index.archives.map(({ name }) => name as string), ["o", "u"]);
  }));

Deno.test("readSettings() fails if a store is a loop of symlinks: that is not the same as absent", () =>
  withTree({ "var/lib/torcx/store": { link: "store" }, ...OS_RELEASE }, ({ readSettings }) => {
    const messages = listMessages(catchError(() => readSettings()));
    assertEquals(messages, [
      "Cannot check the settings: a directory's path cannot be followed",
      'Cannot follow "/var/lib/torcx/store/1.2.3": too many symlinks',
    ]);
  }));
