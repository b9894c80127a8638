/** The rules of reading gzip: members, padding, checks, and that all of it is read. */

import { crc32 } from "node:zlib";
import { concat, directory, END, file } from "../support/tar_builder.ts";
import { gzip, type Rule, tgz } from "./rule.ts";

const TREE = { d: "d 755", "d/f": "644 data" };
const TAR = concat(directory("d"), file("d/f", "data"), END);
const GOOD = gzip(TAR);

/** A member with every optional field: FTEXT no, FHCRC, FEXTRA, FNAME and FCOMMENT (RFC 1952). */
function makeAllFields(): Uint8Array {
  const fields = concat("\x1f\x8b\x08\x1e", "\0\0\0\0", "\0\x03", "\x02\0ab", "name\0", "comment\0");
  const sum = crc32(fields) & 0xffff;
  return concat(fields, Uint8Array.of(sum & 0xff, sum >> 8), GOOD.subarray(10));
}

/** Returns the member with one byte changed; a negative place counts from its end. */
function flip(at: number): Uint8Array {
  const copy = GOOD.slice();
  copy[at < 0 ? copy.length + at : at]! ^= 1;
  return copy;
}

export const RULES: readonly Rule[] = [
  {
    says: "gzip by node:zlib: concatenated members are read on,",
    accepts: {
      "two members, the border inside a header": {
        archive: tgz(gzip(TAR.subarray(0, 100)), gzip(TAR.subarray(100))),
        tree: TREE,
      },
      "an empty member between two": {
        archive: tgz(gzip(TAR.subarray(0, 512)), gzip(), gzip(TAR.subarray(512))),
        tree: TREE,
      },
      "a member for each block": {
        archive: tgz(
          ...Array.from(
            { length: TAR.length / 512 },
            (_, at) => gzip(TAR.subarray(at * 512, at * 512 + 512)),
          ),
        ),
        tree: TREE,
      },
    },
    refuses: {
      "a second member that is cut": { archive: tgz(GOOD, GOOD.subarray(0, 20)), message: "cut off" },
      "a second member whose checksum is wrong": {
        archive: tgz(GOOD, flip(-8)),
        message: "checksum is wrong",
      },
    },
  },
  {
    says: "zero padding is fine,",
    accepts: {
      "one zero": { archive: tgz(GOOD, "\0"), tree: TREE },
      "zeros to a block of 10 KiB": { archive: tgz(GOOD, new Uint8Array(10_240 - GOOD.length)), tree: TREE },
    },
    refuses: {
      "a member behind padding": { archive: tgz(GOOD, "\0\0", GOOD), message: "garbage follows" },
      "padding alone": { archive: tgz(new Uint8Array(1024)), message: "the file is zeros" },
    },
  },
  {
    says: "garbage after the last member, a bad CRC or ISIZE and truncation are errors.",
    accepts: {
      "one whole member": { archive: tgz(GOOD), tree: TREE },
      "a header with every optional field": { archive: tgz(makeAllFields()), tree: TREE },
    },
    refuses: {
      "garbage behind it": { archive: tgz(GOOD, "garbage!"), message: "garbage follows" },
      "garbage behind padding": { archive: tgz(GOOD, "\0\0\0x"), message: "garbage follows" },
      "a bad CRC": { archive: tgz(flip(-8)), message: "checksum is wrong" },
      "a bad ISIZE": { archive: tgz(flip(-4)), message: "length is wrong" },
      "a cut in the header": { archive: tgz(GOOD.subarray(0, 9)), message: "cut off" },
      "a cut in the data": { archive: tgz(GOOD.subarray(0, GOOD.length >> 1)), message: "cut off" },
      "a cut before the trailer": { archive: tgz(GOOD.subarray(0, -8)), message: "cut off" },
      "a cut of the last byte": { archive: tgz(GOOD.subarray(0, -1)), message: "cut off" },
      "an empty file": { archive: tgz(), message: "the file is empty" },
      "a plain tar under the name of a gzip": { archive: tgz(TAR), message: "the file is" },
    },
  },
  {
    says: "The stream is drained and verified to its end before the image counts as unpacked.",
    accepts: {
      "a megabyte of padding behind the end of the archive": {
        archive: tgz(gzip(TAR, new Uint8Array(1 << 20))),
        tree: TREE,
      },
    },
    refuses: {
      "a fault that comes a megabyte after the last entry": {
        archive: tgz(gzip(TAR, new Uint8Array(1 << 20)).fill(0xff, -8)),
        message: "is wrong",
      },
      "a fault in a member that has nothing but padding": {
        archive: tgz(GOOD, gzip(new Uint8Array(4096)).fill(0xff, -8)),
        message: "is wrong",
      },
    },
  },
];
