/**
 * Owns the 512-byte header block of tar: v7, ustar, GNU and star, parsed in place. It refuses what
 * spans blocks: that is the reader's.
 */

import { type ByteString, decodePath, fromBytes } from "../bytes.ts";
import { ArchiveError, quote } from "../errors.ts";
import { parseNumber } from "./tar_numbers.ts";

/** The size of a header and the unit of padding. */
export const BLOCK_BYTES = 512;

/** The dialect of a header. */
export type TarDialect = "v7" | "ustar" | "gnu" | "star";

/** A header as it stands. */
export interface TarHeader {
  name: ByteString;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: number;
  /** The type flag's byte as a character. */
  flag: string;
  linkName: ByteString;
  dialect: TarDialect;
}

/** Returns whether a block holds zeros only. */
export function isZeroBlock(block: Uint8Array, start: number, length: number = BLOCK_BYTES): boolean {
  for (let at = start; at < start + length; at++) if (block[at] !== 0) return false;
  return true;
}

const CHECKSUM_START = 148;
const CHECKSUM_END = 156;

/**
 * Returns whether a block's checksum is right, as that of a header always is. The sum counts the checksum
 * field itself as blanks; old tars summed signed characters.
 *
 * @throws {ArchiveError} if the field holds no number.
 */
function isChecksumRight(block: Uint8Array, start: number): boolean {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) {
    if (at === CHECKSUM_START) at = CHECKSUM_END;
    const byte = block[start + at]!;
    unsigned += byte;
    high += byte >> 7;
  }
  let isBlank = true;
  for (let at = CHECKSUM_START; at < CHECKSUM_END; at++) {
    const byte = block[start + at]!;
    if (byte !== 0 && byte !== 0x20) isBlank = false;
  }
  const stored = isBlank ? -1 : parseNumber(block, start + CHECKSUM_START, 8, "checksum");
  return stored === unsigned || stored === unsigned - high * 256;
}

/** Returns whether a block can be a header, whatever else is wrong in it. */
export function hasChecksum(block: Uint8Array, start: number): boolean {
  try {
    return isChecksumRight(block, start);
  } catch (error) {
    if (error instanceof ArchiveError) return false;
    throw error;
  }
}

/** Returns a NUL-terminated field; a field that is full has no NUL. */
export function readName(block: Uint8Array, start: number, length: number): ByteString {
  let end = start;
  while (end < start + length && block[end] !== 0) end++;
  // Adding up characters one by one would leave a string behind for each.
  return fromBytes(block.subarray(start, end));
}

function hasText(block: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) if (block[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

function findDialect(block: Uint8Array, start: number): TarDialect {
  if (hasText(block, start + 257, "ustar  \0")) return "gnu";
  if (!hasText(block, start + 257, "ustar\0")) return "v7";
  return hasText(block, start + 508, "tar\0") ? "star" : "ustar";
}

/** star's prefix is shorter: access and change times follow it. */
const PREFIX_BYTES: Record<TarDialect, number> = { v7: 0, gnu: 0, ustar: 155, star: 131 };

/** 2^32-1 means "no change" to chown(2). */
const OWNER_MAX = 2 ** 32 - 2;

/**
 * Checks an owner.
 *
 * @throws {ArchiveError} if the kernel has no such owner.
 */
export function checkOwner(value: number, what: string): number {
  if (value >= 0 && value <= OWNER_MAX) return value;
  throw new ArchiveError(`Cannot read tar header: ${what} ${value} is outside 0 to ${OWNER_MAX}`);
}

/**
 * Parses a numeric field that is no time and no owner.
 *
 * @throws {ArchiveError} if it is no number, or negative.
 */
function parseCount(block: Uint8Array, start: number, length: number, what: string): number {
  const value = parseNumber(block, start, length, what);
  if (value >= 0) return value;
  throw new ArchiveError(`Cannot read tar header: ${what} ${value} is negative`);
}

/**
 * Checks the numbers that nothing is made of: what is no number there was written by no tar. The times of a
 * GNU header are left out, as Go's writer once put the rest of a name in their place (archive/tar, reader.go).
 *
 * @throws {ArchiveError} if one is no number.
 */
function checkUnusedNumbers(block: Uint8Array, start: number, dialect: TarDialect): void {
  if (dialect === "v7") return;
  parseCount(block, start + 329, 8, "devmajor");
  parseCount(block, start + 337, 8, "devminor");
  if (dialect !== "star") return;
  parseNumber(block, start + 476, 12, "atime");
  parseNumber(block, start + 488, 12, "ctime");
}

/** Returns a failure below an entry under the entry's name; what is no {@linkcode ArchiveError} stays. */
export function nameFault(path: ByteString, cause: unknown): unknown {
  if (!(cause instanceof ArchiveError)) return cause;
  return new ArchiveError(`Cannot read tar entry ${quote(decodePath(path))}`, { cause });
}

/** Returns the name that a header block holds. */
export function readBlockName(block: Uint8Array, start: number): ByteString {
  return joinName(block, start, findDialect(block, start));
}

function joinName(block: Uint8Array, start: number, dialect: TarDialect): ByteString {
  const prefix = PREFIX_BYTES[dialect] === 0 ? "" : readName(block, start + 345, PREFIX_BYTES[dialect]);
  const suffix = readName(block, start, 100);
  return prefix === "" ? suffix : `${prefix}/${suffix}` as ByteString;
}

/**
 * Parses a header block.
 *
 * @throws {ArchiveError} if its checksum or a number is wrong.
 */
export function parseHeader(block: Uint8Array, start: number): TarHeader {
  if (!isChecksumRight(block, start)) {
    throw new ArchiveError("Cannot read tar header: its checksum is wrong");
  }
  const dialect = findDialect(block, start);
  const name = joinName(block, start, dialect);
  try {
    checkUnusedNumbers(block, start, dialect);
    return {
      name,
      mode: parseCount(block, start + 100, 8, "mode") & 0o7777,
      uid: parseNumber(block, start + 108, 8, "uid"),
      gid: parseNumber(block, start + 116, 8, "gid"),
      size: parseCount(block, start + 124, 12, "size"),
      mtime: parseNumber(block, start + 136, 12, "mtime"),
      flag: String.fromCharCode(block[start + 156]!),
      linkName: readName(block, start + 157, 100),
      dialect,
    };
  } catch (cause) {
    throw nameFault(name, cause);
  }
}
