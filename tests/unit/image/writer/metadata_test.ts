/** Tests owners, modes, attributes and times of unpacked files, and the order in which they are set. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodePath, fromBytes } from "../../../../lib/bytes.ts";
import { findAttributes } from "../../../../lib/sys/attributes.ts";
import { fgetxattr, flistxattr, mount, umount2 } from "../../../../lib/sys/calls.ts";
import { O_DIRECTORY, O_RDONLY } from "../../../../lib/sys/flags.ts";
import { enterPrivateMountNamespace, isRootUser } from "../../../../lib/sys/namespace.ts";
import { Root } from "../../../../lib/sys/root.ts";
import { concat, directory, file, hardlink, pax, symlink } from "../../../support/tar_builder.ts";
import { Arena } from "../../../support/arena.ts";
import { skipPart, testWith } from "../../../support/needs.ts";
import { TorcxError } from "../../../../lib/errors.ts";

const isRoot = isRootUser();
/** struct vfs_cap_data of revision 2 (include/uapi/linux/capability.h): cap_net_raw permitted, effective. */
const CAPABILITY = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";

/** Returns the attributes of a file that unpacking sets. */
function readXattrs(root: string, path: string): Record<string, string> {
  using directory = Root.open(root);
  using opened = directory.openFile(encodePath(path));
  const names = flistxattr(opened.fd).filter((name) => /^(?:user|security\.capability)/.test(name));
  return Object.fromEntries(names.map((name) => [name, fromBytes(fgetxattr(opened.fd, name))]));
}

function readDirectoryXattrs(root: string, path: string): Record<string, string> {
  using directory = Root.open(root);
  const found = directory.withOpen(encodePath(path), O_RDONLY | O_DIRECTORY, findAttributes) ?? [];
  const kept = [...found].filter(([name]) => name.startsWith("user."));
  return Object.fromEntries(kept.map(([name, value]) => [name, fromBytes(value)]));
}

function readStat(root: string, path: string): { owner: string; mode: number; mtime: string } {
  using directory = Root.open(root);
  const { uid, gid, mode, mtimeSec, mtimeNsec } = directory.lstat(encodePath(path));
  return { owner: `${uid}:${gid}`, mode, mtime: `${mtimeSec}.${mtimeNsec}` };
}

testWith(
  "MetadataWriter keeps owners, setuid bits, capabilities and times together",
  { isRoot: true },
  async () => {
    using arena = new Arena();
    const owner = { uid: 7, gid: 4294967294 };
    await arena.unpack([
      pax({ "SCHILY.xattr.security.capability": CAPABILITY, "SCHILY.xattr.user.a": "1", mtime: "12.5" }),
      file("f", "data", { ...owner, mode: 0o6711 }),
      pax({ mtime: "-1.5" }),
      directory("d", { ...owner, mode: 0o2755 }),
      // What is made in a setgid directory must not get its group.
      file("d/f", "", { mode: 0o644, mtime: 3 }),
      symlink("l", "f", { ...owner, mtime: 5 }),
      hardlink("h", "f", { uid: 1, gid: 1, mode: 0, mtime: 9 }),
    ], "openat2");
    assertEquals(readStat(arena.root, "f"), { owner: "7:4294967294", mode: 0o6711, mtime: "12.500000000" });
    assertEquals(readXattrs(arena.root, "f"), { "security.capability": CAPABILITY, "user.a": "1" });
    assertEquals(readStat(arena.root, "d"), {
      owner: "7:4294967294",
      mode: 0o2755,
      mtime: "-2.500000000",
    });
    assertEquals(readStat(arena.root, "d/f"), { owner: "0:0", mode: 0o644, mtime: "3.0" });
    assertEquals(readStat(arena.root, "l"), { owner: "7:4294967294", mode: 0o777, mtime: "5.0" });
  },
);

testWith(
  "MetadataWriter sets owners if the root directory hands down its group",
  { isRoot: true },
  async () => {
    using arena = new Arena();
    Deno.chownSync(arena.root, 0, 42);
    Deno.chmodSync(arena.root, 0o2755);
    await arena.unpack([file("f"), symlink("l", "f"), file("x/y")], "openat2");
    for (const path of ["f", "l", "x", "x/y"]) assertEquals(readStat(arena.root, path).owner, "0:0", path);
    assertEquals(readStat(arena.root, "x").mode, 0o755);
  },
);

Deno.test("MetadataWriter makes parents 0755 and files exact whatever the umask", async () => {
  using arena = new Arena();
  const before = Deno.umask(0o077);
  try {
    await arena.unpack([file("x/f", "", { mode: 0o666 })], "openat2", { isOwnerKept: isRoot });
  } finally {
    Deno.umask(before);
  }
  assertEquals([readStat(arena.root, "x").mode, readStat(arena.root, "x/f").mode], [0o755, 0o666]);
});

Deno.test("MetadataWriter leaves owners and setuid bits out if owners are not kept, and says so once", async () => {
  using arena = new Arena();
  const own = `${Deno.uid()}:${Deno.gid()}`;
  const warnings: string[] = [];
  const fields = { uid: 12345, gid: 54321, mode: 0o4755 };
  await arena.unpack([file("f", "", fields), file("g", "", fields)], "openat2", {
    isOwnerKept: false,
    onWarning: (message) => warnings.push(message),
  });
  assertEquals(readStat(arena.root, "f").owner, own);
  assertEquals(readStat(arena.root, "f").mode, 0o755);
  assertEquals(warnings, ["setuid and setgid are not kept, as owners are not"]);
});

Deno.test("XattrWriter sets user attributes of a file that nobody may write", async () => {
  using arena = new Arena();
  await arena.unpack(
    [pax({ "SCHILY.xattr.user.a": "", "SCHILY.xattr.user.b": "x\0y" }), file("f", "", { mode: 0o444 })],
    "openat2",
    { isOwnerKept: isRoot },
  );
  assertEquals(readXattrs(arena.root, "f"), { "user.a": "", "user.b": "x\0y" });
});

Deno.test("XattrWriter gives a directory that comes twice its last attributes", async () => {
  using arena = new Arena();
  await arena.unpack(
    [
      pax({ "SCHILY.xattr.user.a": "1", "SCHILY.xattr.user.b": "1" }),
      directory("d"),
      file("d/f"),
      pax({ "SCHILY.xattr.user.b": "2" }),
      directory("d"),
      pax({ "SCHILY.xattr.user.a": "1" }),
      directory("e"),
      directory("e"),
    ],
    "openat2",
    { isOwnerKept: isRoot },
  );
  assertEquals(["d", "e"].map((path) => readDirectoryXattrs(arena.root, path)), [{ "user.b": "2" }, {}]);
});

Deno.test("XattrWriter skips what images may not set, with one warning per name", async () => {
  using arena = new Arena();
  const skipped = { "SCHILY.xattr.trusted.overlay.opaque": "y", "SCHILY.xattr.userx.a": "1" };
  const { warnings } = await arena.unpack(
    [pax(skipped), file("f"), pax(skipped), file("g")],
    "openat2",
    { isOwnerKept: isRoot },
  );
  assertEquals(readXattrs(arena.root, "f"), {});
  assertEquals(warnings.length, 2);
  assert(
    warnings[0]!.includes("trusted.overlay.opaque") && warnings[1]!.includes("userx.a"),
    warnings.join(),
  );
});

Deno.test("XattrWriter says no more than a hundred names, and shortens them", async () => {
  using arena = new Arena();
  const names = Array.from({ length: 150 }, (_, index) => `trusted.${index}.${"x".repeat(300)}`);
  const blocks = names.map((name, index) =>
    concat(pax({ [`SCHILY.xattr.${name}`]: "1" }), file(`f${index}`))
  );
  const { warnings } = await arena.unpack(blocks, "openat2", { isOwnerKept: isRoot });
  assertEquals(warnings.length, 101);
  assertEquals(warnings[0], `extended attribute "${names[0]!.slice(0, 255)}" is not kept`);
});

testWith("XattrWriter warns once if the file system has no attributes, and unpacks all the same", {
  isRoot: true,
}, async () => {
  enterPrivateMountNamespace();
  using arena = new Arena();
  const target = encodePath(arena.root);
  // ramfs has none on any kernel.
  mount(encodePath("none"), target, "ramfs", 0, undefined);
  try {
    const { warnings, files, directories } = await arena.unpack([
      pax({ "SCHILY.xattr.user.a": "1" }),
      directory("d", { mode: 0o750 }),
      pax({ "SCHILY.xattr.user.b": "1", "SCHILY.xattr.user.c": "1" }),
      file("d/f", "data", { mode: 0o4711, uid: 5 }),
    ], "openat2");
    assertEquals([files, directories], [1, 1]);
    assertEquals(warnings.length, 1, warnings.join());
    assert(/^extended attribute "user\.[abc]" is not kept: the file system has none$/.test(warnings[0]!));
    assertEquals(arena.readText(), { d: "d 750", "d/f": "4711 data" });
  } finally {
    umount2(target, 0);
  }
  assert(arena.isSentinelSame);
});

testWith("XattrWriter says what to do if attributes have no room", { isRoot: true }, async (context) => {
  enterPrivateMountNamespace();
  using arena = new Arena();
  const target = encodePath(arena.root);
  // Since Linux 6.6 attributes count as inodes there, of 1 KiB each.
  mount(encodePath("none"), target, "tmpfs", 0, "nr_inodes=20");
  try {
    const { warnings } = await arena.unpack([pax({ "SCHILY.xattr.user.a": "1" }), directory("d")], "openat2");
    if (warnings.length > 0) {
      return await skipPart(context, "no room", "this kernel's tmpfs has no attributes");
    }
    const large = pax({ "SCHILY.xattr.user.b": "x".repeat(60_000) });
    const error = await assertRejects(() => arena.unpack([large, directory("e")], "openat2"), TorcxError);
    assertEquals(error.code, "no_space");
    assertEquals((error.cause as TorcxError).message, 'there is no room for its extended attribute "user.b"');
    assert((error.cause as TorcxError).hint?.includes('"unpack_inodes"'));
  } finally {
    umount2(target, 0);
  }
});
