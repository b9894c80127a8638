/** The rules of reading types, ends and limits. */

import { END, entry, file, hardlink, header, longName, pad, pax, symlink } from "../support/tar_builder.ts";
import { raw, type Refused, type Rule, tar } from "./rule.ts";

const ONE = file("a", "x");
const ZERO = new Uint8Array(512);
const TREE = { a: "644 x" };

/** A path of so many components. */
const nest = (levels: number): string => Array(levels).fill("d").join("/");

export const RULES: readonly Rule[] = [
  {
    says:
      "Types: `0`, NUL and `7` regular (a trailing `/` makes it a directory), `1` hard link, `2` symlink, `3` `4` devices, `5` directory, `6` FIFO;",
    accepts: {
      "each of them": {
        archive: tar(
          entry({ name: "0" }, "x"),
          entry({ name: "7", type: "7" }, "x"),
          entry({ name: "nul", type: "\0", format: "v7" }, "x"),
          entry({ name: "h", type: "1", linkName: "7" }),
          entry({ name: "s", type: "2", linkName: "7" }),
          entry({ name: "c", type: "3" }),
          entry({ name: "b", type: "4" }),
          entry({ name: "d", type: "5", mode: 0o700 }),
          entry({ name: "p", type: "6", mode: 0o640 }),
        ),
        tree: { "0": "644 x", "7": "644 x", d: "d 700", h: "= 7", nul: "644 x", p: "fifo 640", s: "-> 7" },
        warnings: [
          'char device "c" is skipped: images have none',
          'block device "b" is skipped: images have none',
        ],
      },
      "regular files whose names end in a slash": {
        archive: tar(
          ...["0", "\0", "7"].map((type, at) => entry({ name: `${at}/`, type, mode: 0o750, format: "v7" })),
        ),
        tree: { "0": "d 750", "1": "d 750", "2": "d 750" },
      },
    },
    refuses: {
      "a hard link without a target": { archive: tar(hardlink("h", "")), message: "link target is empty" },
      "a symlink without a target": { archive: tar(symlink("s", "")), message: "link target is empty" },
    },
  },
  {
    says: "GNU `D` directory with its data skipped;",
    accepts: {
      "one with a list of names": {
        archive: tar(entry({ name: "d", type: "D", mode: 0o755, format: "gnu" }, "Ya\0Nb\0\0"), ONE),
        tree: { a: "644 x", d: "d 755" },
      },
    },
    refuses: {
      "one that is cut in its data": {
        archive: raw(entry({ name: "d", type: "D", size: 1000 }, "Ya\0")),
        message: "cut off in it",
      },
    },
  },
  {
    says: "`V` (a volume label) skipped;",
    accepts: {
      "one in front": { archive: tar(entry({ name: "label", type: "V", format: "gnu" }), ONE), tree: TREE },
    },
    refuses: {
      "one with data, which tools read otherwise": {
        archive: tar(entry({ name: "label", type: "V" }, "data")),
        message: "volume label with 4 bytes",
      },
    },
  },
  {
    says: "`M` and any other refused.",
    accepts: {
      "the last that is known, 7": { archive: tar(entry({ name: "a", type: "7" }, "x")), tree: TREE },
    },
    refuses: {
      M: { archive: tar(ONE, entry({ name: "m", type: "M", format: "gnu" })), message: "on another volume" },
      ...Object.fromEntries(
        ["A", "E", "I", "N", "X", "8", "9", "Z", "s", "\x80", " "].map((type): [string, Refused] => [
          JSON.stringify(type),
          { archive: tar(ONE, entry({ name: "u", type })), message: 'entry "u": its type' },
        ]),
      ),
    },
  },
  {
    says:
      "The root entry (`./`, `.`, empty) is a directory whatever regular type it has (bsdtar's v7 writes NUL).",
    accepts: Object.fromEntries(
      ["", ".", "./", "/", "./."].map((name) => [JSON.stringify(name), {
        archive: tar(...["0", "\0", "7", "5", "D"].map((type) => entry({ name, type, format: "v7" })), ONE),
        tree: TREE,
      }]),
    ),
    refuses: {
      "a root with data": {
        archive: tar(entry({ name: "./", type: "\0", format: "v7" }, "x")),
        message: "image root",
      },
      "a symlink as the root": {
        archive: tar(symlink(".", "/")),
        message: "replace the image root by a symlink",
      },
    },
  },
  {
    says:
      "Directory, link and device entries with a non-zero size: directory and symlink are header-only, a hard link with data is refused.",
    accepts: Object.fromEntries(
      Object.entries({ "2": "-> t", "5": "d 644", "6": "fifo 644" }).map(([type, made]) => [`type ${type}`, {
        archive: tar(header({ name: "s", type, linkName: "t", size: 700 }), ONE),
        tree: { ...TREE, s: made },
      }]),
    ),
    refuses: {
      "a hard link with data by PAX": {
        archive: tar(ONE, pax({ size: "3" }), hardlink("h", "a"), pad("abc")),
        message: "hard link with 3 bytes",
      },
      "a hard link with data, which is no header": {
        archive: tar(ONE, header({ name: "h", type: "1", linkName: "a", size: 3 }), pad("abc")),
        message: "checksum",
      },
      "a symlink with data, which is no header": {
        archive: tar(header({ name: "s", type: "2", linkName: "t", size: 3 }), pad("abc")),
        message: "checksum",
      },
    },
  },
  {
    says: "End: none, one or two zero blocks, then EOF or padding: fine;",
    accepts: {
      none: { archive: raw(ONE), tree: TREE },
      one: { archive: raw(ONE, ZERO), tree: TREE },
      two: { archive: raw(ONE, END), tree: TREE },
      "one and a part of the next": { archive: raw(ONE, ZERO, ZERO.subarray(0, 100)), tree: TREE },
      "twenty, a whole record": { archive: raw(ONE, ...Array(20).fill(ZERO)), tree: TREE },
      "two and padding that is no zeros": {
        archive: raw(ONE, END, "padding of some other kind"),
        tree: TREE,
      },
      "nothing but zero blocks": { archive: raw(END), tree: {} },
    },
    refuses: {
      "padding without a zero block": { archive: raw(ONE, pad("padding")), message: "checksum" },
      "less than a block": { archive: raw(ONE, "padding"), message: "cut off in a header" },
    },
  },
  {
    says: "a zero block followed by an entry: refused;",
    accepts: { "padding behind it": { archive: raw(ONE, ZERO, pad("no entry")), tree: TREE } },
    refuses: {
      "an entry": { archive: tar(ONE, ZERO, file("b")), message: 'entry "b": it follows a zero block' },
      "an entry that could not be read": {
        archive: tar(ONE, ZERO, entry({ name: "b", size: "no size" })),
        message: "it follows a zero block",
      },
      "an entry behind a zero block that comes first": {
        archive: tar(ZERO, ONE),
        message: "it follows a zero block",
      },
    },
  },
  {
    says:
      "what follows two zero blocks is never extracted: padding is fine, a valid header there is a second archive and a warning.",
    accepts: {
      padding: { archive: raw(ONE, END, pad("padding"), ZERO), tree: TREE },
      "a second archive": {
        archive: tar(ONE, END, file("../victim/hello", "evil"), file("b", "y")),
        tree: TREE,
        warnings: ["a second archive follows the end of the first and is not read"],
      },
    },
    refuses: "nothing behind the end is read",
  },
  {
    says: "A cut inside a header or in the last padding: refused.",
    accepts: {
      "a cut behind the last padding": { archive: raw(ONE, file("b", "y")), tree: { ...TREE, b: "644 y" } },
    },
    refuses: {
      "in a header": { archive: raw(ONE, file("b").subarray(0, 100)), message: "cut off in a header" },
      "in the first header": { archive: raw(ONE.subarray(0, 511)), message: "cut off" },
      "before the data": {
        archive: raw(ONE.subarray(0, 512)),
        message: 'entry "a": the archive is cut off in it',
      },
      "before the padding": { archive: raw(ONE.subarray(0, 513)), message: "cut off in it" },
      "in the last padding": { archive: raw(ONE.subarray(0, 1023)), message: "cut off in it" },
      "in an extended header": { archive: raw(pax({ path: "p" }).subarray(0, 600)), message: "cut off" },
    },
  },
  {
    says: "Limits: name 4095 bytes, component 255, depth 1024, all with iterative code;",
    accepts: {
      "a component of 255 bytes": {
        archive: tar(longName("n".repeat(255)), file("f", "x")),
        tree: { ["n".repeat(255)]: "644 x" },
      },
      "1024 levels": {
        archive: tar(pax({ path: nest(1024) }), file("f", "x")),
        tree: {
          ...Object.fromEntries(Array.from({ length: 1023 }, (_, at) => [nest(at + 1), "d 755"])),
          [nest(1024)]: "644 x",
        },
      },
      "a link name of 4095 bytes": {
        archive: tar(pax({ linkpath: "t".repeat(4095) }), symlink("l", "t")),
        tree: { l: `-> ${"t".repeat(4095)}` },
      },
    },
    refuses: {
      "a component of 256 bytes": {
        archive: tar(longName("n".repeat(256)), file("f")),
        message: "255 bytes",
      },
      "1025 levels": { archive: tar(pax({ path: nest(1025) }), file("f")), message: "1024 levels" },
      "a name of 4096 bytes": { archive: tar(pax({ path: "n/".repeat(2048) }), file("f")), message: "4095" },
      "a link name of 4096 bytes": {
        archive: tar(pax({ linkpath: "t".repeat(4096) }), symlink("l", "t")),
        message: "4095",
      },
    },
  },
];
