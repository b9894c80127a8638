/**
 * Owns the maps of sparse files: old GNU headers, PAX 0.0, 0.1 and 1.0. A map is checked whole before
 * a byte is written: ordered, not overlapping, inside the file, and as long as the stored data. Then it
 * says where each piece of data goes.
 */

import type { ByteString } from "../bytes.ts";
import { ArchiveError } from "../errors.ts";
import type { SparseMap } from "./entry.ts";
import type { PaxRecords } from "./pax.ts";
import { BLOCK_BYTES } from "./tar_header.ts";
import { parseDecimal, parseDecimals, parseNumber } from "./tar_numbers.ts";

/** What a PAX header says of a sparse file. */
export interface PaxSparse {
  /** The file's real name, if the header's is made up. */
  name: ByteString | undefined;
  realSize: number;
  /** The map; undefined if it leads the data (format 1.0). */
  regions: SparseMap | undefined;
}

function refuse(reason: string): never {
  throw new ArchiveError(`Cannot read sparse map: ${reason}`);
}

/**
 * Returns what the records say of a sparse file, undefined if it is none.
 *
 * @throws {ArchiveError} if the format is unknown or the map is malformed.
 */
export function findPaxSparse(records: PaxRecords): PaxSparse | undefined {
  const get = (key: string): string | undefined => records.values.get(key) || undefined;
  const major = get("GNU.sparse.major");
  const minor = get("GNU.sparse.minor");
  // Here empty is not absent: a file that is one hole has an empty map.
  const map = records.sparseMap;
  const count = get("GNU.sparse.numblocks");
  const name = get("GNU.sparse.name") as ByteString | undefined;
  const size = get("GNU.sparse.realsize") ?? get("GNU.sparse.size");
  if (major === undefined && minor === undefined) {
    if (map === undefined && count === undefined && records.sparsePairs.length === 0) return undefined;
  } else if (major === "1" && minor === "0") {
    if (size === undefined) refuse("GNU.sparse.realsize is missing");
    return { name, realSize: parseDecimal(size, "GNU.sparse.realsize"), regions: undefined };
  } else if (major !== "0" || (minor !== "0" && minor !== "1")) {
    refuse(`unknown format ${major ?? ""}.${minor ?? ""}`);
  }
  if (size === undefined) refuse("GNU.sparse.size is missing");
  const regions = map === undefined ? readPairs(records) : parseDecimals(map);
  if (regions.length % 2 !== 0) refuse("an offset has no length");
  if (count !== undefined && parseDecimal(count, "GNU.sparse.numblocks") !== regions.length / 2) {
    refuse("GNU.sparse.numblocks disagrees with the map");
  }
  return { name, realSize: parseDecimal(size, "GNU.sparse.size"), regions };
}

/** Format 0.0: offset and numbytes take turns. */
function readPairs({ sparsePairs }: PaxRecords): number[] {
  return sparsePairs.map(({ key, value }, index) => {
    if (key !== (index % 2 === 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes")) {
      refuse("offsets and lengths do not take turns");
    }
    return parseDecimal(value, "a number");
  });
}

/** Bytes of one offset and length in a GNU header. */
const PAIR_BYTES = 24;
/** Pairs in the header itself, and in each block that extends it (tar.h of GNU tar). */
const HEADER_PAIRS = { start: 386, count: 4, extendedAt: 482 };
const EXTENSION_PAIRS = { start: 0, count: 21, extendedAt: 504 };

/** A GNU header's map, which may go on in further blocks. */
export interface GnuSparse {
  realSize: number;
  regions: number[];
  isExtended: boolean;
}

/** Starts a map from an old GNU header of type `S`. */
export function parseGnuSparse(block: Uint8Array, start: number): GnuSparse {
  const realSize = parseNumber(block, start + 483, 12, "real size");
  if (realSize < 0) refuse("the real size is negative");
  const sparse: GnuSparse = { realSize, regions: [], isExtended: false };
  addPairs(sparse, block, start, HEADER_PAIRS);
  return sparse;
}

/** Goes on with a map from an extension block. */
export function extendGnuSparse(sparse: GnuSparse, block: Uint8Array, start: number): void {
  addPairs(sparse, block, start, EXTENSION_PAIRS);
}

function addPairs(sparse: GnuSparse, block: Uint8Array, base: number, place: typeof HEADER_PAIRS): void {
  for (let pair = 0; pair < place.count; pair++) {
    const at = base + place.start + pair * PAIR_BYTES;
    if (block[at] === 0) break;
    const offset = parseNumber(block, at, 12, "sparse offset");
    const length = parseNumber(block, at + 12, 12, "sparse length");
    if (offset < 0 || length < 0) refuse("an offset or length is negative");
    sparse.regions.push(offset, length);
  }
  sparse.isExtended = block[base + place.extendedAt] !== 0;
}

/** Bytes of a line of a 1.0 map: digits of 2^53 and a newline, with room for leading zeros. */
const LINE_BYTES_MAX = 32;

/** Reads the map that leads the data of format 1.0: decimal lines, padded to whole blocks. */
export class PaxMapParser {
  /** Bytes of the blocks read. */
  bytes = 0;
  readonly #numbers: number[] = [];
  /** The first line: how many pairs follow. */
  #count: number | undefined;
  #line = "";

  /** Takes one block; returns the map once it is whole. */
  takeBlock(block: Uint8Array, start: number): SparseMap | undefined {
    this.bytes += BLOCK_BYTES;
    for (let at = start; at < start + BLOCK_BYTES; at++) {
      const byte = block[at]!;
      if (byte !== 0x0a) {
        this.#line += String.fromCharCode(byte);
        if (this.#line.length > LINE_BYTES_MAX) refuse("a line is too long");
        continue;
      }
      const number = parseDecimal(this.#line, "a number");
      this.#line = "";
      if (this.#count === undefined) this.#count = number;
      else this.#numbers.push(number);
      if (this.#numbers.length === 2 * this.#count) return this.#numbers;
    }
    return undefined;
  }
}

/** The largest file of ext4 with 4 KiB blocks, 16 TiB: no honest file is larger, however many holes it has. */
const REAL_SIZE_MAX = 2 ** 44;

/**
 * Checks a map.
 *
 * @param storedSize bytes of data in the archive.
 * @throws {ArchiveError} if the file is too large, or regions overlap, are out of order or outside, or
 *   disagree with the data.
 */
export function checkRegions(regions: SparseMap, realSize: number, storedSize: number): void {
  if (realSize > REAL_SIZE_MAX) refuse(`the file has ${realSize} bytes, more than ${REAL_SIZE_MAX}`);
  let end = 0;
  let total = 0;
  for (let at = 0; at < regions.length; at += 2) {
    const [offset, length] = [regions[at]!, regions[at + 1]!];
    if (offset < end) refuse("regions overlap or are out of order");
    end = offset + length;
    if (end > realSize) refuse(`a region ends at ${end}, beyond the file's ${realSize} bytes`);
    total += length;
  }
  if (total !== storedSize) refuse(`regions hold ${total} bytes, the archive ${storedSize}`);
}

/** Finds where each piece of an entry's data goes. */
export class RegionCursor {
  readonly #onData: (data: Uint8Array<ArrayBuffer>, offset: number) => void;
  #regions: SparseMap | undefined;
  /** Where the region's offset stands in the map. */
  #region = 0;
  /** Where the next byte goes: in the file, or in the region. */
  #offset = 0;

  /** @param onData takes data and where it goes in the file, in bytes. */
  constructor(onData: (data: Uint8Array<ArrayBuffer>, offset: number) => void) {
    this.#onData = onData;
  }

  /** Starts a file; without regions its data goes from start to end. */
  start(regions: SparseMap | undefined): void {
    this.#regions = regions;
    this.#region = 0;
    this.#offset = 0;
  }

  /** Places the next piece; the regions must have been checked against the data. */
  place(data: Uint8Array<ArrayBuffer>): void {
    const regions = this.#regions;
    if (regions === undefined) {
      this.#onData(data, this.#offset);
      this.#offset += data.length;
      return;
    }
    for (let rest = data; rest.length > 0;) {
      const [offset, length] = [regions[this.#region]!, regions[this.#region + 1]!];
      const count = Math.min(length - this.#offset, rest.length);
      if (count > 0) this.#onData(rest.subarray(0, count), offset + this.#offset);
      this.#offset += count;
      rest = rest.subarray(count);
      if (this.#offset === length) {
        this.#region += 2;
        this.#offset = 0;
      }
    }
  }
}
