/** The rules of sparse files, in each of their four formats. */

import { concat, entry, file, gnuSparse, pad, pax, type Region } from "../support/tar_builder.ts";
import { type Accepted, type Refused, type Rule, tar } from "./rule.ts";

/** Each format's archive of one sparse file `f`, and an entry behind it. */
const FORMATS: Record<string, (size: number, regions: readonly Region[], data: string) => Uint8Array> = {
  "GNU S": (size, regions, data) => gnuSparse("f", size, regions, data),
  "PAX 0.0": (size, regions, data) =>
    concat(
      pax([
        ["GNU.sparse.size", `${size}`],
        ["GNU.sparse.numblocks", `${regions.length}`],
        ...regions.flatMap(([offset, length]): [string, string][] => [
          ["GNU.sparse.offset", `${offset}`],
          ["GNU.sparse.numbytes", `${length}`],
        ]),
      ]),
      file("f", data),
    ),
  "PAX 0.1": (size, regions, data) =>
    concat(
      pax({
        "GNU.sparse.name": "f",
        "GNU.sparse.size": `${size}`,
        "GNU.sparse.numblocks": `${regions.length}`,
        "GNU.sparse.map": regions.flat().join(","),
      }),
      file("GNUSparseFile.1/f", data),
    ),
  "PAX 1.0": (size, regions, data) =>
    concat(
      pax({
        "GNU.sparse.name": "f",
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.realsize": `${size}`,
      }),
      entry(
        { name: "GNUSparseFile.1/f" },
        concat(pad(`${[regions.length, ...regions.flat()].join("\n")}\n`), data),
      ),
    ),
};

const HOLE = "\0";
const SIZE = 5000;

/** What is wrong in each format. */
const FAULTS: Record<string, { size?: number; regions: readonly Region[]; data: string; message: string }> = {
  "regions out of order": { regions: [[100, 3], [0, 3]], data: "abcdef", message: "out of order" },
  "regions that overlap": { regions: [[0, 3], [2, 3]], data: "abcdef", message: "overlap" },
  "a region that ends beyond the file": { regions: [[SIZE - 1, 3]], data: "abc", message: "beyond" },
  "less data than the regions hold": { regions: [[0, 100]], data: "abc", message: "regions hold 100 bytes" },
  "more data than the regions hold": { regions: [[0, 2]], data: "abc", message: "regions hold 2 bytes" },
};

function forEachFormat<T>(
  make: (name: string, build: (typeof FORMATS)[string]) => [string, T][],
): Record<string, T> {
  return Object.fromEntries(Object.entries(FORMATS).flatMap(([name, build]) => make(name, build)));
}

export const RULES: readonly Rule[] = [
  {
    says:
      "Sparse files: GNU `S` and PAX 0.0, 0.1, 1.0: regions ordered, not overlapping, inside the real size, stored data exactly used;",
    accepts: forEachFormat<Accepted>((name, build) => [
      [`${name}: regions at both ends`, {
        archive: tar(build(SIZE, [[0, 3], [SIZE - 3, 3]], "abcxyz"), file("g", "x")),
        tree: { f: `644 abc${HOLE.repeat(SIZE - 6)}xyz`, g: "644 x" },
      }],
      [`${name}: regions that touch, and an empty one at the end`, {
        archive: tar(build(10, [[2, 2], [4, 3], [10, 0]], "abcde"), file("g", "x")),
        tree: { f: `644 ${HOLE.repeat(2)}abcde${HOLE.repeat(3)}`, g: "644 x" },
      }],
      [`${name}: no region`, {
        archive: tar(build(7, [], ""), file("g", "x")),
        tree: { f: `644 ${HOLE.repeat(7)}`, g: "644 x" },
      }],
      [`${name}: more regions than a header has room for`, {
        archive: tar(build(600, Array.from({ length: 60 }, (_, at): Region => [at * 10, 1]), "r".repeat(60))),
        tree: { f: `644 ${`r${HOLE.repeat(9)}`.repeat(60)}` },
      }],
    ]),
    refuses: {
      ...forEachFormat<Refused>((name, build) =>
        Object.entries(FAULTS).map(([what, { size = SIZE, regions, data, message }]) => [`${name}: ${what}`, {
          archive: tar(build(size, regions, data)),
          message,
        }])
      ),
      "GNU S: a negative offset": {
        archive: tar(gnuSparse("f", SIZE, [[-5, 3]], "abc")),
        message: "negative",
      },
      "GNU S: a negative size": { archive: tar(gnuSparse("f", -1, [], "")), message: "negative" },
      "GNU S: no GNU header": {
        archive: tar(entry({ name: "f", type: "S", format: "ustar" })),
        message: "without a GNU header",
      },
      "PAX 0.0: an offset without a length": {
        archive: tar(pax([["GNU.sparse.size", "9"], ["GNU.sparse.offset", "1"]]), file("f", "a")),
        message: "an offset has no length",
      },
      "PAX 0.0: a length before its offset": {
        archive: tar(pax([["GNU.sparse.size", "9"], ["GNU.sparse.numbytes", "1"]]), file("f", "a")),
        message: "do not take turns",
      },
      "PAX 0.1: a count that disagrees": {
        archive: tar(
          pax({ "GNU.sparse.size": "9", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "0,1" }),
          file("f", "a"),
        ),
        message: "numblocks disagrees",
      },
      "PAX 0.1: no size": {
        archive: tar(pax({ "GNU.sparse.map": "0,1" }), file("f", "a")),
        message: "GNU.sparse.size is missing",
      },
      "PAX 1.0: a map that is longer than the data": {
        archive: tar(
          pax({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" }),
          entry({ name: "f" }, pad(`300\n${"0\n".repeat(254)}`)),
        ),
        message: "Cannot read sparse map",
      },
      "PAX 2.0": {
        archive: tar(
          pax({ "GNU.sparse.major": "2", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" }),
          entry({ name: "f" }, pad("0\n")),
        ),
        message: "unknown format 2.0",
      },
      "a GNU and a PAX map at once": {
        archive: tar(
          pax({ "GNU.sparse.size": "3", "GNU.sparse.map": "0,3" }),
          gnuSparse("f", 3, [[0, 3]], "abc"),
        ),
        message: "both a GNU and a PAX sparse map",
      },
    },
  },
  {
    says: "holes are made by ftruncate and pwrite, not by writing zeros.",
    accepts: {
      "8 GiB with six bytes in them": {
        archive: tar(gnuSparse("f", 2 ** 33, [[0, 3], [2 ** 32, 3], [2 ** 33, 0]], "abcdef")),
        tree: { f: `644 (${2 ** 33} bytes)` },
        details: { f: { blocks: 1024 } },
      },
    },
    refuses: {
      "a file of more than 16 TiB, the largest of any honest file system": {
        archive: tar(gnuSparse("f", 2 ** 44 + 1, [], "")),
        message: "more than 17592186044416",
      },
    },
  },
];
