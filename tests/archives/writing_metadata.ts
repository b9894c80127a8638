/** The rules of writing that are about owners, modes, times and extended attributes. */

import { directory, entry, file, hardlink, pax, symlink } from "../support/tar_builder.ts";
import { type Rule, tar } from "./rule.ts";

/** struct vfs_cap_data of revision 2 (include/uapi/linux/capability.h): cap_net_raw permitted, effective. */
const CAPABILITY = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
const OWNER = { uid: 7, gid: 9 };

export const RULES: readonly Rule[] = [
  {
    says:
      "Then owner, mode, xattrs, times, in that order (chown clears setuid and file capabilities; a write clears capabilities).",
    accepts: {
      "all of them at once": {
        archive: tar(
          pax({ "SCHILY.xattr.security.capability": CAPABILITY, "SCHILY.xattr.user.a": "1", mtime: "12.5" }),
          file("f", "data", { ...OWNER, mode: 0o6711 }),
        ),
        tree: { f: "6711 data" },
        details: {
          f: {
            owner: "7:9",
            mtime: "12.500000000",
            xattrs: { "security.capability": CAPABILITY, "user.a": "1" },
          },
        },
        takesRoot: true,
      },
      "attributes of a file that nobody may write": {
        archive: tar(pax({ "SCHILY.xattr.user.a": "1" }), file("f", "x", { mode: 0o444 })),
        tree: { f: "444 x" },
        details: { f: { xattrs: { "user.a": "1" } } },
      },
    },
    refuses: "each is told where it is read: a mode, owner or time that is none is refused above",
  },
  {
    says: "Directories get theirs at the end, deepest first.",
    accepts: {
      "times that later entries would change": {
        archive: tar(
          directory("d", { mode: 0o700, mtime: 3 }),
          directory("d/e", { mode: 0o711, mtime: 4 }),
          file("d/e/f", "x"),
          file("d/g", "x"),
        ),
        tree: { d: "d 700", "d/e": "d 711", "d/e/f": "644 x", "d/g": "644 x" },
        details: { d: { mtime: "3.000000000" }, "d/e": { mtime: "4.000000000" } },
      },
      "directories that nobody may write to": {
        archive: tar(
          directory("d", { mode: 0o500, mtime: 3 }),
          directory("d/e", { mode: 0o555, mtime: 4 }),
          file("d/e/f", "x"),
        ),
        tree: { d: "d 500", "d/e": "d 555", "d/e/f": "644 x" },
        details: { d: { mtime: "3.000000000" }, "d/e": { mtime: "4.000000000" } },
        takesRoot: true,
      },
      "a directory by another path than it was made by": {
        archive: tar(
          directory("a"),
          symlink("l", "a"),
          directory("l/d", { mode: 0o711 }),
          symlink("l", "nowhere"),
        ),
        tree: { a: "d 755", "a/d": "d 711", l: "-> nowhere" },
      },
    },
    refuses: "a directory's metadata is refused as that of files is",
  },
  {
    says: "Mode is kept with 07777 (first lost 07000).",
    accepts: {
      "setuid, setgid and sticky": {
        archive: tar(
          file("f", "x", { mode: 0o4755 }),
          file("g", "x", { mode: 0o2755 }),
          directory("d", { mode: 0o3777 }),
        ),
        tree: { d: "d 3777", f: "4755 x", g: "2755 x" },
        takesRoot: true,
      },
      "a mode with the type's bits above": {
        archive: tar(file("f", "x", { mode: 0o100640 })),
        tree: { f: "640 x" },
      },
      "no permission at all": {
        archive: tar(directory("d", { mode: 0 }), file("d/f", "x", { mode: 0 })),
        tree: { d: "d 0", "d/f": "0 x" },
        takesRoot: true,
      },
    },
    refuses: {
      "a mode that is no number": {
        archive: tar(file("f", "x", { mode: "rwxr-xr-x" })),
        message: "mode field",
      },
    },
  },
  {
    says: "Symlinks: owner and times without following.",
    accepts: {
      "a symlink and what it leads to": {
        archive: tar(file("f", "x", { mtime: 5 }), symlink("l", "f", { ...OWNER, mtime: 9 })),
        tree: { f: "644 x", l: "-> f" },
        details: { f: { owner: "0:0", mtime: "5.000000000" }, l: { owner: "7:9", mtime: "9.000000000" } },
        takesRoot: true,
      },
      "a symlink to a file outside": {
        archive: tar(symlink("l", "../victim/hello", { mtime: 9 })),
        tree: { l: "-> ../victim/hello" },
        details: { l: { mtime: "9.000000000" } },
      },
    },
    refuses: { "an owner that is none": { archive: tar(symlink("l", "f", { uid: -1 })), message: "uid -1" } },
  },
  {
    says: "xattr names in PAX keys have `%3D` and `%25` decoded, these two only; each attribute is set once.",
    accepts: {
      "GNU tar's escapes, once": {
        archive: tar(
          pax([
            ["SCHILY.xattr.user.a%3Db", "1"],
            ["SCHILY.xattr.user.p%25q", "2"],
            ["SCHILY.xattr.user.c%253Dd", "3"],
            ["SCHILY.xattr.user.e%3df%41", "4"],
          ]),
          file("f", "x"),
        ),
        tree: { f: "644 x" },
        details: {
          f: { xattrs: { "user.a=b": "1", "user.c%3Dd": "3", "user.e%3df%41": "4", "user.p%q": "2" } },
        },
      },
      "one in both forms": {
        archive: tar(
          pax([["LIBARCHIVE.xattr.user.a%20b", btoa("other")], ["SCHILY.xattr.user.a%20b", "raw"]]),
          file("f", "x"),
        ),
        tree: { f: "644 x" },
        details: { f: { xattrs: { "user.a b": "raw" } } },
      },
    },
    refuses: {
      "a name that is empty": {
        archive: tar(pax({ "SCHILY.xattr.": "x" }), file("f")),
        message: "empty or holds NUL",
      },
      "a name with NUL by its escape": {
        archive: tar(pax({ "LIBARCHIVE.xattr.user.%00": "Mw" }), file("f")),
        message: "empty or holds NUL",
      },
    },
  },
  {
    says:
      "xattrs from `SCHILY.xattr.*` (and LIBARCHIVE.xattr.*, whose name is URL-encoded and value base64): `user.*`, `security.capability`, and `security.selinux` where SELinux is on; the others skipped; EOPNOTSUPP is one warning per image; any other errno for root is an error. ACL records are skipped with a warning.",
    accepts: {
      "both writers' forms": {
        archive: tar(
          pax([["SCHILY.xattr.user.a", "\0=\n\xff"], ["LIBARCHIVE.xattr.user.%C3%A9", btoa("\0b")]]),
          file("f", "x"),
        ),
        tree: { f: "644 x" },
        details: { f: { xattrs: { "user.a": "\0=\n\xff", "user.\xc3\xa9": "\0b" } } },
      },
      "others, skipped with one warning for each name": {
        archive: tar(
          ...["f", "g"].flatMap((
            name,
          ) => [pax({ "SCHILY.xattr.trusted.overlay.opaque": "y" }), file(name, "x")]),
        ),
        tree: { f: "644 x", g: "644 x" },
        details: { f: { xattrs: {} }, g: { xattrs: {} } },
        warnings: ['extended attribute "trusted.overlay.opaque" is not kept'],
      },
      "access control lists": {
        archive: tar(pax({ "SCHILY.acl.access": "user::rw-" }), file("f", "x")),
        tree: { f: "644 x" },
        warnings: ['entry "f": "SCHILY.acl.access" is skipped: access control lists are not kept'],
      },
    },
    refuses: {
      "a value that is no base64": {
        archive: tar(pax({ "LIBARCHIVE.xattr.user.a": "!" }), file("f")),
        message: "is not base64",
      },
      "a name that the kernel has no room for": {
        archive: tar(pax({ [`SCHILY.xattr.user.${"n".repeat(300)}`]: "1" }), file("f")),
        message: "ERANGE",
      },
      "a value that the kernel has no room for": {
        archive: tar(pax({ "SCHILY.xattr.user.a": "v".repeat(65_537) }), file("f")),
        message: "E2BIG",
      },
    },
  },
  {
    says:
      "After the boot's apply nothing may have changed outside the image root; every hostile test asserts a sentinel beside the root.",
    accepts: {
      "a tree whose names are all those outside": {
        archive: tar(
          directory("victim", { mode: 0o700 }),
          file("victim/hello", "inside"),
          symlink("out", "../victim/hello"),
          hardlink("also", "victim/hello"),
        ),
        tree: { also: "644 inside", out: "-> ../victim/hello", victim: "d 700", "victim/hello": "= also" },
      },
    },
    refuses: {
      "a file there": { archive: tar(file("../victim/hello", "evil")), message: "leaves the image root" },
      "its removal by what replaces it": {
        archive: tar(symlink("v", "../victim"), directory("v/hello")),
        message: 'entry "v/hello"',
      },
      "a time of it": {
        archive: tar(symlink("v", "/../../../victim"), entry({ name: "v/hello", type: "6" })),
        message: 'entry "v/hello"',
      },
    },
  },
];
