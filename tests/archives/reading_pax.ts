/** The rules of reading headers of headers: PAX `x` and `g`, GNU `L` and `K`. */

import {
  concat,
  END,
  entry,
  file,
  header,
  longName,
  pad,
  pax,
  record,
  symlink,
} from "../support/tar_builder.ts";
import { raw, type Refused, type Rule, tar } from "./rule.ts";

const MIB = 1024 * 1024;

/** Archives with one extended header of this body each. */
function makeBodies(bodies: Record<string, [body: string, message: string]>): Record<string, Refused> {
  return Object.fromEntries(
    Object.entries(bodies).map(([name, [body, message]]) => [name, {
      archive: tar(pax(body), file("f")),
      message,
    }]),
  );
}

/** A comment record of so many bytes. */
function makeComment(bytes: number): string {
  const text = record("comment", "c".repeat(bytes - `${bytes} comment=\n`.length));
  if (text.length !== bytes) throw new Error(`a record of ${text.length} bytes`);
  return text;
}

export const RULES: readonly Rule[] = [
  {
    says: "PAX `x`: records `LEN KEY=VALUE\\n`, LEN decimal digits only and exact;",
    accepts: {
      "a value that looks like records": {
        archive: tar(pax({ path: "a\n17 path=injected\n" }), file("f", "x")),
        tree: { "a\n17 path=injected\n": "644 x" },
      },
      "a value with equal signs": {
        archive: tar(pax({ path: "a=b=c" }), file("f", "x")),
        tree: { "a=b=c": "644 x" },
      },
      "no record at all": { archive: tar(pax(""), file("f", "x")), tree: { f: "644 x" } },
    },
    refuses: makeBodies({
      "a length that is too long": ["99 a=b\n", "length is wrong"],
      "a length that is too short": ["6 a=bc\n", "newline"],
      "a length of 0": ["0 a=b\n", "length is wrong"],
      "a plus before the length": ["+6 a=b\n", "length is no number"],
      "a blank before the length": [" 6 a=b\n", "length is wrong"],
      "a tab behind the length": ["6\ta=b\n", "length is no number"],
      "a hexadecimal length": ["0x6 a=b\n", "length is no number"],
      "a length of 20 digits": ["99999999999999999999 a=b\n", "length is no number"],
      "another byte in the newline's place": ["6 a=bX", "newline"],
      "a record that is cut": ["6 a=b\n6", "length is wrong"],
      "no equal sign": ["4 a\n", "equal sign"],
      "no key": ["4 =\n", "no key"],
    }),
  },
  {
    says: "keys in a Map;",
    accepts: {
      "keys that every object has": {
        archive: tar(pax([["__proto__", "x"], ["constructor", "y"], ["toString", "z"]]), file("f", "x")),
        tree: { f: "644 x" },
      },
    },
    refuses: "what a key is called is no fault",
  },
  {
    says: "`path linkpath size uid gid mtime` override;",
    accepts: {
      "path, size and mtime of a file": {
        archive: tar(
          pax({ path: "long/" + "n".repeat(200), size: "3", mtime: "1.25" }),
          header({ name: "short", size: 0 }),
          pad("abc"),
        ),
        tree: { long: "d 755", [`long/${"n".repeat(200)}`]: "644 abc" },
        details: { [`long/${"n".repeat(200)}`]: { mtime: "1.250000000" } },
      },
      "linkpath of a symlink": {
        archive: tar(pax({ linkpath: "t".repeat(300) }), symlink("l", "short")),
        tree: { l: `-> ${"t".repeat(300)}` },
      },
      "uid and gid": {
        archive: tar(pax({ uid: "70000", gid: "80000" }), entry({ name: "f", uid: 1, gid: 2 })),
        tree: { f: "644 " },
        details: { f: { owner: "70000:80000" } },
        takesRoot: true,
      },
    },
    refuses: {
      "a path that leads out over a name that does not": {
        archive: tar(pax({ path: "../victim/hello" }), file("f", "x")),
        message: 'entry "../victim/hello": its name leaves the image root',
      },
    },
  },
  {
    says: "an empty value deletes the override;",
    accepts: {
      "of a path": {
        archive: tar(pax([["path", "../a"], ["path", ""]]), file("f", "x")),
        tree: { f: "644 x" },
      },
      "of an owner": {
        archive: tar(pax([["uid", "9"], ["uid", ""]]), entry({ name: "f", uid: 7 })),
        tree: { f: "644 " },
        details: { f: { owner: "7:0" } },
        takesRoot: true,
      },
    },
    refuses: {
      "the name that counts again": {
        archive: tar(pax([["path", "a"], ["path", ""]]), file("../f")),
        message: "leaves the image root",
      },
    },
  },
  {
    says:
      "`size` always wins over the header's, and only for the entry itself, never for a following header block (smuggling).",
    accepts: {
      "a size over that of the header": {
        archive: tar(
          pax({ size: "512" }),
          header({ name: "f", size: 0 }),
          symlink("hidden", "/etc"),
          file("g", "x"),
        ),
        tree: { f: `644 ${String.fromCharCode(...symlink("hidden", "/etc"))}`, g: "644 x" },
      },
      "a size before a GNU long name": {
        archive: tar(
          pax({ size: "2" }),
          longName("n".repeat(120)),
          header({ size: 0 }),
          pad("ab"),
          file("g", "x"),
        ),
        tree: { g: "644 x", ["n".repeat(120)]: "644 ab" },
      },
    },
    refuses: {
      "data that the size leaves to be read as a header": {
        archive: tar(pax({ size: "0" }), file("f", "no header")),
        message: "checksum",
      },
    },
  },
  {
    says: "Two `x` before one entry: the last wins.",
    accepts: {
      "two paths, and an owner in the first alone": {
        archive: tar(
          pax({ path: "../first", mtime: "5" }),
          pax({ path: "second" }),
          file("f", "x", { mtime: 9 }),
        ),
        tree: { second: "644 x" },
        details: { second: { mtime: "9.000000000" } },
      },
    },
    refuses: {
      "a last one that leads out": {
        archive: tar(pax({ path: "first" }), pax({ path: "../second" }), file("f")),
        message: "leaves the image root",
      },
    },
  },
  {
    says: "Global `g`: ignored, with a warning if it would change path, linkpath, size or owner.",
    accepts: {
      "one that changes nothing": {
        archive: tar(pax({ comment: "x" }, "g"), file("f", "x")),
        tree: { f: "644 x" },
      },
      "one that would change all": {
        archive: tar(
          pax({ path: "../g", linkpath: "l", size: "9", uid: "5", gid: "6" }, "g"),
          file("f", "x"),
        ),
        tree: { f: "644 x" },
        warnings: ["a global PAX header is ignored: it sets path, linkpath, size, uid, gid"],
      },
      "one between an extended header and its entry": {
        archive: tar(pax({ path: "p" }), pax({ uid: "5" }, "g"), file("f", "x")),
        tree: { p: "644 x" },
        warnings: ["a global PAX header is ignored: it sets uid"],
      },
    },
    refuses: {
      "a malformed one": { archive: tar(pax("99 a=b\n", "g"), file("f")), message: "length is wrong" },
    },
  },
  {
    says: "Header bodies (x, g, L, K, sparse maps) are capped at 1 MiB.",
    accepts: {
      "an extended header of 1 MiB": {
        archive: tar(pax(makeComment(MIB)), file("f", "x")),
        tree: { f: "644 x" },
      },
    },
    refuses: {
      ...Object.fromEntries(
        ["x", "g", "L", "K"].map((type): [string, Refused] => [`${type} of 1 MiB and a byte`, {
          archive: raw(entry({ name: "meta", type, size: MIB + 1 }, "cut")),
          message: "more than 1048576",
        }]),
      ),
      "a PAX sparse map": {
        archive: tar(
          pax({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" }),
          entry({ name: "f" }, `400000\n${"0\n0\n".repeat(400_000)}`),
        ),
        message: "larger than 1 MiB",
      },
    },
  },
  {
    says: "PAX path that disagrees with a GNU `L` name: refused.",
    accepts: {
      "both the same": {
        archive: tar(pax({ path: "same" }), longName("same"), file("f", "x")),
        tree: { same: "644 x" },
      },
    },
    refuses: {
      "two names": { archive: tar(pax({ path: "one" }), longName("two"), file("f")), message: "disagrees" },
      "two link names": {
        archive: tar(pax({ linkpath: "one" }), longName("two", "K"), symlink("l", "t")),
        message: "disagrees",
      },
    },
  },
  {
    says: "A header record with no entry after it: refused.",
    accepts: {
      "each kind with its entry": {
        archive: tar(pax({ mtime: "3" }), longName("name"), longName("target", "K"), symlink("l", "t")),
        tree: { name: "-> target" },
      },
      "a global header alone": {
        archive: tar(file("f", "x"), pax({ comment: "x" }, "g")),
        tree: { f: "644 x" },
      },
    },
    refuses: {
      "x before zero blocks": { archive: tar(pax({ path: "p" })), message: "no entry after it" },
      "x before the end of the file": { archive: raw(pax({ path: "p" })), message: "no entry after it" },
      "L before zero blocks": { archive: raw(longName("n"), END), message: "no entry after it" },
      "K before zero blocks": { archive: raw(longName("n", "K"), END), message: "no entry after it" },
      "x before a volume label": {
        archive: tar(pax({ path: "p" }), entry({ name: "label", type: "V" })),
        message: "no entry after it",
      },
    },
  },
  {
    says: "GNU `L`/`K`: with or without NUL, the last wins.",
    accepts: Object.fromEntries(
      Object.entries({ "with NUL": "\0", "without NUL": "", "with more behind NUL": "\0rest" }).map((
        [name, end],
      ) => [name, {
        archive: tar(
          concat(longName("../first"), longName("l".repeat(150), "L", end), file("f", "x")),
          concat(longName("first", "K"), longName("t".repeat(150), "K", end), symlink("s", "t")),
        ),
        tree: { ["l".repeat(150)]: "644 x", s: `-> ${"t".repeat(150)}` },
      }]),
    ),
    refuses: {
      "a last one that leads out": {
        archive: tar(longName("first"), longName("../second"), file("f")),
        message: "leaves the image root",
      },
    },
  },
];
