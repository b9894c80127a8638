/** Owns gzip files, valid and not, for the tests of whatever inflates. */

import { gzipSync } from "node:zlib";
import { concat } from "./tar_builder.ts";

/** Packs text or bytes. */
export const gzip = (data: Uint8Array | string): Uint8Array<ArrayBuffer> => concat(gzipSync(concat(data)));

/** Text of some length that does not shrink to nothing. */
export function makeText(length: number): string {
  let seed = 1;
  return Array.from({ length }, () => {
    seed = (seed * 48271) % 0x7fffffff;
    return String.fromCharCode(97 + seed % 26);
  }).join("");
}

/** What most streams hold. */
export const TEXT = makeText(300);
/** How many bytes one read gives at most. */
export const PIECES = [1, 2, 3, 7, 10, 17, 64, Infinity];

const half = gzip(TEXT.slice(0, 100));
/** Valid files, and what they hold. */
export const GOOD_STREAMS: Readonly<Record<string, [stream: Uint8Array, text: string]>> = {
  "one member": [gzip(TEXT), TEXT],
  "two members": [concat(half, gzip(TEXT.slice(100))), TEXT],
  "an empty member between": [concat(half, gzip(""), gzip(TEXT.slice(100))), TEXT],
  "an empty member": [gzip(""), ""],
  "zero padding": [concat(gzip(TEXT), new Uint8Array(1000)), TEXT],
  "one zero": [concat(gzip(TEXT), "\0"), TEXT],
};

const good = gzip(TEXT);
const patch = (at: number, byte: number): Uint8Array => {
  const copy = good.slice();
  copy.set([byte], at < 0 ? copy.length + at : at);
  return copy;
};
const trailer = good.subarray(-8);
/** Files that are no valid gzip, and what is said of them. */
export const BAD_STREAMS: readonly [name: string, stream: Uint8Array, reason: string][] = [
  ["empty", new Uint8Array(0), "the file is empty"],
  ["plain tar", concat("file\0\0\0"), "does not start as one"],
  ["only zeros", new Uint8Array(100), "the file is zeros, not gzip"],
  ["one byte", good.subarray(0, 1), "cut off"],
  ["header only", good.subarray(0, 10), "cut off"],
  ["no trailer", good.subarray(0, -8), "cut off"],
  ["half a trailer", good.subarray(0, -4), "cut off"],
  ["all but the last byte", good.subarray(0, -1), "cut off"],
  ["bad CRC", patch(-8, trailer[0]! ^ 1), "checksum is wrong"],
  ["bad ISIZE", patch(-4, trailer[4]! ^ 1), "length is wrong"],
  ["bad method", patch(2, 9), "unknown compression method"],
  ["reserved flags", patch(3, 0xe0), "unknown header flags"],
  ["garbage", concat(good, "garbage!"), "garbage follows"],
  ["one byte of garbage", concat(good, "\x01"), ""],
  ["garbage after padding", concat(good, new Uint8Array(10), "x"), "garbage follows"],
  ["a member after padding", concat(good, new Uint8Array(10), good), "garbage follows"],
  ["a cut second member", concat(good, good.subarray(0, 20)), "cut off"],
  ["a bad second member", concat(good, patch(-8, trailer[0]! ^ 1)), "checksum is wrong"],
];
