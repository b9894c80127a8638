/** The rules of reading headers: formats, names as bytes, numbers, owners, times, the checksum. */

import {
  base256,
  directory,
  entry,
  file,
  gnuSparse,
  hardlink,
  header,
  longName,
  pad,
  pax,
  symlink,
  utf8,
} from "../support/tar_builder.ts";
import { raw, type Refused, type Rule, tar } from "./rule.ts";

const OWNER_MAX = 2 ** 32 - 2;
const octal = (value: number): string => `${value.toString(8).padStart(6, "0")}\0 `;

/** A file whose size field holds this text, with three bytes of data. */
const sized = (size: string | Uint8Array) => tar(header({ name: "f", size }), pad("abc"));

/** Archives that a field of a header spoils. */
function spoil(
  values: Record<string, string>,
  field: "size" | "mode" | "mtime" | "uid",
): Record<string, Refused> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${name} in ${field}`, {
      archive: tar(entry({ name: "f", [field]: value })),
      message: `${field} field holds no number`,
    }]),
  );
}

const NO_NUMBERS = {
  "0x": "0x00003\0",
  "the digit 8": "0000008\0",
  "a minus": "-0000005\0",
  "a plus": "+0000005\0",
  "a hexadecimal digit": "000000a\0",
  "an exponent": "1e1\0\0\0\0\0",
  "two numbers": "1 2\0\0\0\0\0",
};

export const RULES: readonly Rule[] = [
  {
    says: "Formats: v7, ustar, GNU, PAX, star-style base-256 numbers.",
    accepts: {
      v7: { archive: tar(file("d/f", "x", { format: "v7" })), tree: { d: "d 755", "d/f": "644 x" } },
      "ustar with a prefix": {
        archive: tar(file("f", "x", { prefix: "a/b" })),
        tree: { a: "d 755", "a/b": "d 755", "a/b/f": "644 x" },
      },
      GNU: {
        archive: tar(longName("n".repeat(120)), file("short", "x")),
        tree: { ["n".repeat(120)]: "644 x" },
      },
      PAX: {
        archive: tar(pax({ path: "from/pax" }), file("f", "x")),
        tree: { from: "d 755", "from/pax": "644 x" },
      },
      "star with its shorter prefix": {
        archive: tar(file("f", "x", { format: "star", prefix: "a" })),
        tree: { a: "d 755", "a/f": "644 x" },
      },
      "numbers in base-256": {
        archive: tar(
          entry({ name: "f", size: base256(1, 12), mtime: base256(7, 12), uid: base256(5, 8) }, "x"),
        ),
        tree: { f: "644 x" },
        details: { f: { mtime: "7.000000000" } },
      },
    },
    refuses: {
      cpio: { archive: raw(pad("070701" + "0".repeat(500))), message: "cpio" },
      "a prefix of ustar that leads out": {
        archive: tar(file("f", "x", { prefix: ".." })),
        message: "leaves the image root",
      },
    },
  },
  {
    says: "Names, link names and owners are bytes end to end: no UTF-8 demand, no normalisation;",
    accepts: {
      "names that are no UTF-8": {
        archive: tar(directory("\xff\xfe"), file("\xff\xfe/caf\xe9", "x")),
        tree: { "\xff\xfe": "d 755", "\xff\xfe/caf\xe9": "644 x" },
      },
      "a letter composed and decomposed as two files": {
        archive: tar(file(utf8("\u00e9"), "1"), file(utf8("e\u0301"), "2")),
        tree: { [utf8("e\u0301")]: "644 2", [utf8("\u00e9")]: "644 1" },
      },
      "link names that are no UTF-8": {
        archive: tar(file("\xe9", "x"), symlink("s", "\xe9\x80"), hardlink("z", "\xe9")),
        tree: { s: "-> \xe9\x80", z: "644 x", "\xe9": "= z" },
      },
      "names of owners that are no UTF-8": {
        archive: tar(entry({ name: "f", patch: { 265: "\xff\xfe", 297: "\x80" } }, "x")),
        tree: { f: "644 x" },
      },
      "newlines, quotes and tabs": {
        archive: tar(file('a\n"\t', "x")),
        tree: { 'a\n"\t': "644 x" },
      },
    },
    refuses: {
      "a name that is no UTF-8 and leads out": {
        archive: tar(file("\xff/../x")),
        message: "leaves the image root",
      },
    },
  },
  {
    says: "logs escape control characters.",
    accepts: {
      "a device whose name would clear the terminal": {
        archive: tar(entry({ name: "a\x1b[2J", type: "3" })),
        tree: {},
        warnings: ['char device "a\\x1b[2J" is skipped: images have none'],
      },
    },
    refuses: {
      "a type under such a name": {
        archive: tar(entry({ name: "evil\x1b[2J\n", type: "Z" })),
        message: '"evil\\x1b[2J\\n"',
      },
    },
  },
  {
    says: "NUL inside a PAX path: refused.",
    accepts: {
      "NUL in a comment": { archive: tar(pax({ comment: "a\0b" }), file("f", "x")), tree: { f: "644 x" } },
    },
    refuses: {
      "in path": { archive: tar(pax({ path: "a\0b" }), file("f")), message: "path holds NUL" },
      "in linkpath": {
        archive: tar(pax({ linkpath: "a\0b" }), symlink("l", "t")),
        message: "linkpath holds NUL",
      },
      "in the name of a sparse file": {
        archive: tar(
          pax({
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.realsize": "0",
            "GNU.sparse.name": "a\0b",
          }),
          file("f"),
        ),
        message: "GNU.sparse.name holds NUL",
      },
    },
  },
  {
    says:
      "Numbers: octal digits only, blank or NUL means 0, spaces pad; base-256; anything else (`0x`, `8`, `-5`, hex, exponents) refused.",
    accepts: {
      "octal digits": { archive: sized("00000000003\0"), tree: { f: "644 abc" } },
      "digits without an end": { archive: sized("000000000003"), tree: { f: "644 abc" } },
      "spaces around them": { archive: sized("         3\0 "), tree: { f: "644 abc" } },
      "blanks for 0": { archive: tar(header({ name: "f", size: " ".repeat(12) })), tree: { f: "644 " } },
      "NUL for 0": { archive: tar(header({ name: "f", size: "\0".repeat(12) })), tree: { f: "644 " } },
      "base-256": { archive: sized(base256(3, 12)), tree: { f: "644 abc" } },
    },
    refuses: {
      ...spoil(NO_NUMBERS, "size"),
      ...spoil(NO_NUMBERS, "mode"),
      ...spoil(NO_NUMBERS, "mtime"),
      ...spoil(NO_NUMBERS, "uid"),
      "digits behind NUL": { archive: sized("\0\0\0\0\0\0\0\x00003"), message: "size field holds no number" },
      "a negative size": { archive: sized(base256(-1, 12)), message: "size -1 is negative" },
      "a number of a device": {
        archive: tar(entry({ name: "f", type: "3", patch: { 329: "0x1\0" } })),
        message: "devmajor field holds no number",
      },
    },
  },
  {
    says: "Sizes are checked as BigInt against 2^53 before they become numbers;",
    accepts: {
      "a size with leading zeros": {
        archive: tar(pax({ size: "0".repeat(20) + "3" }), header({ name: "f", size: 0 }), pad("abc")),
        tree: { f: "644 abc" },
      },
    },
    refuses: {
      "2^53 in base-256": { archive: sized(base256(2n ** 53n, 12)), message: "size field holds no number" },
      "2^64 + 3, which is 3 to who cuts it": {
        archive: sized(base256(2n ** 64n + 3n, 12)),
        message: "size field holds no number",
      },
      "2^53 in PAX": { archive: tar(pax({ size: "9007199254740992" }), file("f")), message: "PAX size" },
      "2^53 + 1, which a double cannot tell": {
        archive: tar(pax({ size: "9007199254740993" }), file("f")),
        message: "PAX size",
      },
      "2^64 + 3 in PAX": {
        archive: tar(pax({ size: "18446744073709551619" }), file("f")),
        message: "PAX size",
      },
    },
  },
  {
    says: "uid/gid outside 0…2^32−2 refused;",
    accepts: {
      "0 and 2^32 - 2": {
        archive: tar(
          entry({ name: "f", uid: OWNER_MAX, gid: 0 }),
          pax({ uid: "0", gid: `${OWNER_MAX}` }),
          file("g"),
        ),
        tree: { f: "644 ", g: "644 " },
        details: { f: { owner: `${OWNER_MAX}:0` }, g: { owner: `0:${OWNER_MAX}` } },
        takesRoot: true,
      },
    },
    refuses: {
      "uid 2^32 - 1, which chown(2) takes for no change": {
        archive: tar(entry({ name: "f", uid: OWNER_MAX + 1 })),
        message: "uid 4294967295 is outside 0 to 4294967294",
      },
      "gid 2^32 - 1 in PAX": {
        archive: tar(pax({ gid: "4294967295" }), file("f")),
        message: "gid 4294967295",
      },
      "gid 2^33": { archive: tar(entry({ name: "f", gid: 2 ** 33 })), message: "gid 8589934592 is outside" },
      "uid -1": { archive: tar(entry({ name: "f", uid: -1 })), message: "uid -1 is outside" },
      "uid -1 in PAX": { archive: tar(pax({ uid: "-1" }), file("f")), message: "PAX uid" },
    },
  },
  {
    says: "mtime negative or with a fraction is fine (−1.5 s = −2 s + 500 000 000 ns).",
    accepts: {
      "-1.5 s, -100 s in base-256, and nanoseconds": {
        archive: tar(
          pax({ mtime: "-1.5" }),
          file("a"),
          file("b", "", { mtime: base256(-100, 12) }),
          pax({ mtime: "1500000000.123456789" }),
          directory("c"),
        ),
        tree: { a: "644 ", b: "644 ", c: "d 755" },
        details: {
          a: { mtime: "-2.500000000" },
          b: { mtime: "-100.000000000" },
          c: { mtime: "1500000000.123456789" },
        },
      },
    },
    refuses: Object.fromEntries(
      ["1e9", "Infinity", "0x10", "--1", "1.-5", ".5", "1,5", "9007199254740992", " 1"].map((mtime) => [
        `"${mtime}"`,
        { archive: tar(pax({ mtime }), file("f")), message: "mtime is not a" },
      ]),
    ),
  },
  {
    says: "Checksum: signed or unsigned sum accepted, blank or wrong refused.",
    accepts: {
      unsigned: {
        archive: tar(entry({ name: "\xe9\xff", checksum: (sum) => octal(sum) }, "x")),
        tree: { "\xe9\xff": "644 x" },
      },
      signed: {
        archive: tar(entry({ name: "\xe9\xff", checksum: (_, sum) => octal(sum) }, "x")),
        tree: { "\xe9\xff": "644 x" },
      },
    },
    refuses: {
      wrong: {
        archive: tar(file("a"), entry({ name: "f", checksum: (sum) => octal(sum + 1) })),
        message: "checksum",
      },
      "of blanks": {
        archive: tar(file("a"), entry({ name: "f", checksum: " ".repeat(8) })),
        message: "checksum",
      },
      "of NUL": {
        archive: tar(file("a"), entry({ name: "f", checksum: "\0".repeat(8) })),
        message: "checksum",
      },
      "of a sparse header": {
        archive: tar(file("a"), gnuSparse("f", 3, [[0, 3]], "abc", { checksum: "000000\0 " })),
        message: "checksum",
      },
    },
  },
];
