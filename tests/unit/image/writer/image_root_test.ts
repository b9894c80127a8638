/** Tests that others stay outside of an image root until its tree is whole, and that modes are exact all the same. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../../lib/bytes.ts";
import { ImageRoot } from "../../../../lib/image/writer/image_root.ts";
import { TreeWriter } from "../../../../lib/image/writer/tree_writer.ts";
import type { TarEntry } from "../../../../lib/archive/entry.ts";
import { fsetxattr } from "../../../../lib/sys/calls.ts";
import { isErrno } from "../../../../lib/errors.ts";
import { O_DIRECTORY, O_RDONLY } from "../../../../lib/sys/flags.ts";
import { isRootUser } from "../../../../lib/sys/namespace.ts";
import { Root } from "../../../../lib/sys/root.ts";
import { Arena } from "../../../support/arena.ts";
import { directory, file } from "../../../support/tar_builder.ts";

const isOwnerKept = isRootUser();
const getMode = (path: string): string => (Deno.statSync(path).mode! & 0o7777).toString(8);

const ENTRY: TarEntry = {
  type: "directory",
  path: encodePath("d"),
  linkTarget: encodePath(""),
  mode: 0o755,
  uid: Deno.uid()!,
  gid: Deno.gid()!,
  size: 0,
  mtimeSec: 1,
  mtimeNsec: 0,
  xattrs: undefined,
  sparse: undefined,
};

for (const mode of [0o755, 0o2755, 0o700, 0o1777, 0o500]) {
  Deno.test(`TreeWriter shuts others out of a root of mode ${mode.toString(8)} until it is whole`, () => {
    using arena = new Arena();
    Deno.chmodSync(arena.root, mode);
    using root = Root.open(arena.root);
    using writer = new TreeWriter(root, { isOwnerKept, onWarning: () => {} });
    assertEquals(getMode(arena.root), (mode & 0o7700).toString(8));
    if ((mode & 0o200) !== 0) {
      writer.onEntry(ENTRY);
      writer.onEntryEnd();
    }
    assertEquals(getMode(arena.root), (mode & 0o7700).toString(8));
    writer.finish();
    assertEquals(getMode(arena.root), mode.toString(8));
    Deno.chmodSync(arena.root, 0o755);
  });
}

Deno.test("ImageRoot trusts no mode with special bits, or that the umask cuts", () => {
  using arena = new Arena();
  const before = Deno.umask(0o027);
  try {
    using root = Root.open(arena.root);
    const image = new ImageRoot(root.fd);
    const modes = [0o750, 0o700, 0o640, 0o755, 0o770, 0o4750, 0o2750, 0o1750];
    assertEquals(modes.map((mode) => image.isExact(mode)), [true, true, true, ...Array(5).fill(false)]);
    assertEquals(Deno.umask(), 0o027);
  } finally {
    Deno.umask(before);
  }
});

/** acl(5) as an attribute (linux/posix_acl_xattr.h): version 2; owner rwx, group r-x, others nothing. */
const SHUT_ACL = Uint8Array.from(
  [[2, 0, 0, 0], [1, 0, 7, 0], [4, 0, 5, 0], [32, 0, 0, 0]].flatMap((head, index) =>
    index === 0 ? head : [...head, 255, 255, 255, 255]
  ),
);

Deno.test("TreeWriter gives files their mode below a root with a default ACL", async () => {
  using arena = new Arena();
  try {
    using root = Root.open(arena.root);
    root.withOpen(
      encodePath("/"),
      O_RDONLY | O_DIRECTORY,
      (fd) => fsetxattr(fd, encodePath("system.posix_acl_default"), SHUT_ACL),
    );
  } catch (error) {
    // A file system without ACLs has none to mind.
    if (!isErrno(error, "EOPNOTSUPP")) throw error;
  }
  await arena.unpack([directory("d"), file("d/f", "f"), file("x/g", "g", { mode: 0o604 })], "openat2", {
    isOwnerKept,
  });
  assertEquals(arena.readText(), { d: "d 755", "d/f": "644 f", x: "d 755", "x/g": "604 g" });
});
