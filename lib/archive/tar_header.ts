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

/** The sum counts the checksum field itself as blanks; old tars summed signed characters. */
function verifyChecksum(block: Uint8Array, start: number): void {
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
  if (stored !== unsigned && stored !== unsigned - high * 256) {
    throw new ArchiveError("Cannot read tar header: its checksum is wrong");
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
 * Checks a size.
 *
 * @throws {ArchiveError} if it is negative.
 */
function checkSize(value: number): number {
  if (value >= 0) return value;
  throw new ArchiveError(`Cannot read tar header: size ${value} is negative`);
}

/** Returns a failure below an entry under the entry's name; what is no {@linkcode ArchiveError} stays. */
export function nameFault(path: ByteString, cause: unknown): unknown {
  if (!(cause instanceof ArchiveError)) return cause;
  return new ArchiveError(`Cannot read tar entry ${quote(decodePath(path))}`, { cause });
}

/**
 * Parses a header block.
 *
 * @throws {ArchiveError} if its checksum or a number is wrong.
 */
export function parseHeader(block: Uint8Array, start: number): TarHeader {
  verifyChecksum(block, start);
  const dialect = findDialect(block, start);
  const prefix = PREFIX_BYTES[dialect] === 0 ? "" : readName(block, start + 345, PREFIX_BYTES[dialect]);
  const suffix = readName(block, start, 100);
  const name = prefix === "" ? suffix : `${prefix}/${suffix}` as ByteString;
  try {
    return {
      name,
      mode: parseNumber(block, start + 100, 8, "mode") & 0o7777,
      uid: parseNumber(block, start + 108, 8, "uid"),
      gid: parseNumber(block, start + 116, 8, "gid"),
      size: checkSize(parseNumber(block, start + 124, 12, "size")),
      mtime: parseNumber(block, start + 136, 12, "mtime"),
      flag: String.fromCharCode(block[start + 156]!),
      linkName: readName(block, start + 157, 100),
      dialect,
    };
  } catch (cause) {
    throw nameFault(name, cause);
  }
}
