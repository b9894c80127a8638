/** The rules of writing that are about what stands in a name's place: files, directories, links, devices. */

import { directory, entry, file, hardlink, symlink } from "../support/tar_builder.ts";
import { type Rule, tar } from "./rule.ts";

const fifo = (name: string): Uint8Array => entry({ name, type: "6", mode: 0o640 });

export const RULES: readonly Rule[] = [
  {
    says:
      "The last component is never followed: files by O_CREAT|O_EXCL|O_NOFOLLOW with mode 0600 first (or the final mode, never setuid or setgid, where the owner is the process's own and the image root is still 0700; umask 0);",
    accepts: {
      "a symlink to a file, replaced": {
        archive: tar(file("f", "old"), symlink("l", "f"), file("l", "new")),
        tree: { f: "644 old", l: "644 new" },
      },
      "a symlink to a file outside, replaced": {
        archive: tar(symlink("l", "../victim/hello"), file("l", "inside", { mode: 0o666 })),
        tree: { l: "666 inside" },
      },
      "a symlink to nothing, replaced": {
        archive: tar(symlink("l", "nowhere"), file("l", "x")),
        tree: { l: "644 x" },
      },
      "a symlink to a directory, replaced by a directory": {
        archive: tar(
          directory("d", { mode: 0o700 }),
          symlink("l", "d"),
          directory("l", { mode: 0o777 }),
          file("l/f", "x"),
        ),
        tree: { d: "d 700", l: "d 777", "l/f": "644 x" },
      },
    },
    refuses: {
      "a parent that is one out": {
        archive: tar(symlink("l", "/../../victim"), file("l/hello", "evil")),
        message: 'entry "l/hello"',
      },
    },
  },
  {
    says:
      "an existing non-directory is unlinked and replaced; a directory over a non-directory replaces it; a non-directory over a directory is refused unless the directory is empty.",
    accepts: {
      "a file over each other type": {
        archive: tar(
          file("f", "old"),
          symlink("s", "f"),
          fifo("p"),
          hardlink("h", "f"),
          ...["s", "p", "h"].map((name) => file(name, "new")),
        ),
        tree: { f: "644 old", h: "644 new", p: "644 new", s: "644 new" },
      },
      "a directory over each other type": {
        archive: tar(
          file("f"),
          symlink("s", "f"),
          fifo("p"),
          ...["f", "s", "p"].map((name) => directory(name)),
        ),
        tree: { f: "d 755", p: "d 755", s: "d 755" },
      },
      "each other type over an empty directory": {
        archive: tar(
          file("x", "x"),
          ...["f", "s", "p", "h"].map((name) => directory(name)),
          file("f", "x"),
          symlink("s", "x"),
          fifo("p"),
          hardlink("h", "x"),
        ),
        tree: { f: "644 x", h: "644 x", p: "fifo 640", s: "-> x", x: "= h" },
      },
      "a directory that comes twice": {
        archive: tar(directory("d", { mode: 0o700 }), file("d/f", "x"), directory("d", { mode: 0o711 })),
        tree: { d: "d 711", "d/f": "644 x" },
      },
    },
    refuses: Object.fromEntries(
      Object.entries({
        file: file("d", "x"),
        symlink: symlink("d", "../victim"),
        FIFO: fifo("d"),
        "hard link": hardlink("d", "x"),
      }).map(([name, block]) => [`a ${name} over a directory that is not empty`, {
        archive: tar(file("x"), file("d/f"), block),
        message: 'entry "d": a directory that is not empty',
      }]),
    ),
  },
  {
    says:
      "Hard links: source parent resolved in the root, `linkat` flags 0 (a link to a symlink links the symlink), no metadata; source missing or a directory: refused; itself, where it is there, is nothing to do.",
    accepts: {
      "a source behind a symlink, absolute and upwards": {
        archive: tar(
          file("d/f", "x"),
          symlink("l", "d"),
          hardlink("1", "l/f"),
          hardlink("2", "/d/f"),
          hardlink("3", "../../d/f"),
          hardlink("e/4", "d/../d/f"),
        ),
        tree: {
          "1": "644 x",
          "2": "= 1",
          "3": "= 1",
          d: "d 755",
          "d/f": "= 1",
          e: "d 755",
          "e/4": "= 1",
          l: "-> d",
        },
      },
      "a symlink, the link itself": {
        archive: tar(symlink("s", "nowhere"), hardlink("t", "s")),
        tree: { s: "-> nowhere", t: "= s" },
      },
      "a link's own mode and time, which do not count": {
        archive: tar(
          file("f", "x", { mode: 0o640, mtime: 5 }),
          hardlink("g", "f", { mode: 0o777, mtime: 9 }),
        ),
        tree: { f: "640 x", g: "= f" },
        details: { f: { mtime: "5.000000000" } },
      },
      "itself, by another spelling too": {
        archive: tar(file("d/f", "x"), hardlink("d/f", "./d//f"), hardlink("d/f", "d/f")),
        tree: { d: "d 755", "d/f": "644 x" },
      },
    },
    refuses: {
      "a source that is missing": { archive: tar(hardlink("l", "f")), message: "does not exist" },
      "a source outside": { archive: tar(hardlink("l", "../victim/hello")), message: "does not exist" },
      "a source outside by a symlink": {
        archive: tar(symlink("s", "../victim"), hardlink("l", "s/hello")),
        message: "does not exist",
      },
      "a directory": { archive: tar(directory("d"), hardlink("l", "d")), message: "is a directory" },
      "the root": { archive: tar(hardlink("l", "/")), message: "is a directory" },
      "itself where nothing is": { archive: tar(hardlink("f", "./f")), message: "does not exist" },
      "a directory, itself": { archive: tar(directory("d"), hardlink("d", "d")), message: "is a directory" },
    },
  },
  {
    says: "Devices: skipped with a warning (the mount is nodev). FIFOs are made; sockets refused.",
    accepts: {
      "devices beside a FIFO": {
        archive: tar(entry({ name: "dev/null", type: "3" }), entry({ name: "sda", type: "4" }), fifo("p")),
        tree: { p: "fifo 640" },
        warnings: [
          'char device "dev/null" is skipped: images have none',
          'block device "sda" is skipped: images have none',
        ],
      },
    },
    refuses: {
      "a socket, as cpio's types would have it": {
        archive: tar(entry({ name: "s", type: "s" })),
        message: 'its type "s" is not known',
      },
      "a device in place of the root": {
        archive: tar(entry({ name: ".", type: "3" })),
        message: "image root",
      },
    },
  },
  {
    says:
      "`.wh.` names are plain files in a tgz (they are whiteouts only when OCI layers are flattened; there `.wh.`, `.wh..`, `.wh...` are refused and entries of the same layer are spared).",
    accepts: {
      "each form": {
        archive: tar(
          file("a", "x"),
          ...[".wh.a", ".wh..wh..opq", ".wh.", ".wh..", ".wh..."].map((name) => file(name)),
        ),
        tree: {
          ".wh.": "644 ",
          ".wh..": "644 ",
          ".wh...": "644 ",
          ".wh..wh..opq": "644 ",
          ".wh.a": "644 ",
          a: "644 x",
        },
      },
    },
    refuses: "in a tgz they are names as others are",
  },
];
