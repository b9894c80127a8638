/** The rules of writing that are about where an entry goes: roots, parents, names, symlinks on the way. */

import { directory, file, hardlink, header, pax, symlink } from "../support/tar_builder.ts";
import { type Rule, tar } from "./rule.ts";

/** A chain of symlinks, the last of which leads to the directory `d`. */
function makeChain(links: number): Uint8Array[] {
  return [
    directory("d"),
    ...Array.from({ length: links }, (_, at) => symlink(`l${at}`, at === links - 1 ? "d" : `l${at + 1}`)),
  ];
}

/** The same as a tree. */
function makeChainTree(links: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: links }, (_, at) => [`l${at}`, at === links - 1 ? "-> d" : `-> l${at + 1}`]),
  );
}

export const RULES: readonly Rule[] = [
  {
    says:
      "parents by `openat2(root, parent, O_PATH|O_DIRECTORY|O_CLOEXEC, RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS)`, cached, the cache dropped when a symlink is made or a directory replaced.",
    accepts: {
      "a symlink that is made anew between two files below it": {
        archive: tar(
          directory("a"),
          directory("b"),
          symlink("l", "a"),
          file("l/1", "1"),
          symlink("l", "b"),
          file("l/2", "2"),
        ),
        tree: { a: "d 755", "a/1": "644 1", b: "d 755", "b/2": "644 2", l: "-> b" },
      },
      "an empty directory that becomes a symlink": {
        archive: tar(directory("d"), directory("l"), symlink("l", "d"), file("l/f", "x")),
        tree: { d: "d 755", "d/f": "644 x", l: "-> d" },
      },
      "more directories at a time than are kept open": {
        archive: tar(...Array.from({ length: 300 }, (_, at) => file(`${at % 150}/${at}`, `${at}`))),
        tree: Object.fromEntries([
          ...Array.from({ length: 150 }, (_, at) => [`${at}`, "d 755"]),
          ...Array.from({ length: 300 }, (_, at) => [`${at % 150}/${at}`, `644 ${at}`]),
        ]),
      },
    },
    refuses: {
      "a directory in use that becomes a symlink out": {
        archive: tar(
          symlink("l", "d"),
          directory("d"),
          file("l/f", "x"),
          symlink("l", "../victim"),
          file("l/hello", "evil"),
        ),
        message: 'entry "l/hello"',
      },
      "a magic link of /proc": {
        archive: tar(symlink("l", "/proc/self/root/tmp"), file("l/f", "evil")),
        message: 'entry "l/f"',
      },
    },
  },
  {
    says:
      "Symlinked parents inside the image work (`/var/run → /run`), `..` and absolute targets resolve in the root.",
    accepts: {
      "/var/run to /run": {
        archive: tar(directory("run"), directory("var"), symlink("var/run", "/run"), file("var/run/f", "x")),
        tree: { run: "d 755", "run/f": "644 x", var: "d 755", "var/run": "-> /run" },
      },
      "upwards beyond the root": {
        archive: tar(directory("run"), symlink("up", "../../../run"), file("up/f", "x")),
        tree: { run: "d 755", "run/f": "644 x", up: "-> ../../../run" },
      },
      "the names of a directory outside, which are others inside": {
        archive: tar(directory("victim"), symlink("l", "../victim"), file("l/hello", "inside")),
        tree: { l: "-> ../victim", victim: "d 755", "victim/hello": "644 inside" },
      },
      "a symlink to the root itself": {
        archive: tar(symlink("l", "/"), file("l/f", "x")),
        tree: { f: "644 x", l: "-> /" },
      },
    },
    refuses: {
      "a target that is only outside": {
        archive: tar(symlink("l", "../victim"), file("l/hello", "evil")),
        message: 'entry "l/hello"',
      },
      "a target that is nowhere": { archive: tar(symlink("l", "nowhere"), file("l/f")), message: "ENOENT" },
      "a loop": { archive: tar(symlink("a", "b"), symlink("b", "a"), file("a/f")), message: "ELOOP" },
      "a file as a parent": { archive: tar(file("f"), file("f/g")), message: "ENOTDIR" },
    },
  },
  {
    says: "Names: leading `/` stripped; a `..` component refused; empty refused.",
    accepts: {
      "leading slashes, empty parts and dots": {
        archive: tar(file("///a/.//b", "b"), file("./c", "c")),
        tree: { a: "d 755", "a/b": "644 b", c: "644 c" },
      },
      "dots that are names": {
        archive: tar(file("..a/...", "x")),
        tree: { "..a": "d 755", "..a/...": "644 x" },
      },
    },
    refuses: {
      "first": { archive: tar(file("../victim/hello", "evil")), message: "leaves the image root" },
      "behind a slash": { archive: tar(file("/../victim/hello", "evil")), message: "leaves the image root" },
      "in the middle, where it would stay inside": {
        archive: tar(file("a/../b")),
        message: 'entry "a/../b": its name leaves the image root',
      },
      "last": { archive: tar(directory("a/..")), message: "leaves the image root" },
      "alone": { archive: tar(directory("..")), message: "leaves the image root" },
      "by PAX": {
        archive: tar(pax({ path: "a/../../victim/hello" }), file("f")),
        message: "leaves the image root",
      },
      "an empty name of a file with data": { archive: tar(file("", "x")), message: "image root" },
    },
  },
  {
    says:
      "`./` itself: its metadata is ignored, the image root is 0755 root:root (0700 until the tree is whole).",
    accepts: {
      "a root that others could write": {
        archive: tar(directory("./", { mode: 0o7777, uid: 5, gid: 5, mtime: 1 }), file("f", "x")),
        tree: { f: "644 x" },
        details: { ".": { mode: "755" } },
      },
    },
    refuses: {
      "a file in its place": { archive: tar(file(".", "x")), message: "replace the image root by a file" },
    },
  },
  {
    says: "Missing parents are made 0755 root:root (first refused them, so npm-style archives failed).",
    accepts: {
      "two levels above a file": {
        archive: tar(file("x/y/f", "x", { mode: 0o600, uid: 5, gid: 5 })),
        tree: { x: "d 755", "x/y": "d 755", "x/y/f": "600 x" },
        details: { x: { owner: "0:0" }, "x/y": { owner: "0:0" } },
        takesRoot: true,
      },
      "above each other type": {
        archive: tar(
          symlink("a/s", "t"),
          header({ name: "b/p", type: "6" }),
          directory("c/d"),
          file("f", "x"),
          hardlink("h/h", "f"),
        ),
        tree: {
          a: "d 755",
          "a/s": "-> t",
          b: "d 755",
          "b/p": "fifo 644",
          c: "d 755",
          "c/d": "d 755",
          f: "644 x",
          h: "d 755",
          "h/h": "= f",
        },
      },
    },
    refuses: {
      "a parent that a symlink to nothing stands for": {
        archive: tar(symlink("x", "nowhere"), file("x/y/f")),
        message: "ENOENT",
      },
    },
  },
  {
    says:
      "No openat2 (ENOSYS on kernels before 5.6, or EPERM from seccomp): walk the path one component at a time with O_PATH|O_NOFOLLOW, expanding symlinks in user space, 40 at most, same results. Tests run both ways.",
    accepts: {
      "a chain of 40 symlinks": {
        archive: tar(...makeChain(40), file("l0/f", "x")),
        tree: { d: "d 755", "d/f": "644 x", ...makeChainTree(40) },
      },
    },
    refuses: { "a chain of 41": { archive: tar(...makeChain(41), file("l0/f")), message: "ELOOP" } },
  },
];
