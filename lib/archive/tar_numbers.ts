/**
 * Owns the numbers of tar: octal and base-256 fields of headers, decimal values of PAX records. What is
 * neither is refused: tools that guess differently see different archives.
 */

import { ArchiveError } from "../errors.ts";

const SPACE = 0x20;
const ZERO = 0x30;
const SEVEN = 0x37;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Parses a numeric field: octal digits padded by blanks, NUL or blank for 0, or base-256 (star, GNU).
 *
 * @param what the field's name, for messages.
 * @throws {ArchiveError} if it is no number, or beyond 2^53.
 */
export function parseNumber(block: Uint8Array, start: number, length: number, what: string): number {
  if ((block[start]! & 0x80) !== 0) return parseBase256(block, start, length, what);
  const end = start + length;
  let at = start;
  while (at < end && block[at] === SPACE) at++;
  let value = 0;
  for (; at < end; at++) {
    const byte = block[at]!;
    if (byte < ZERO || byte > SEVEN) break;
    value = value * 8 + (byte - ZERO);
  }
  // What ends the digits must be padding to the field's end.
  for (let rest = at; rest < end; rest++) {
    const byte = block[rest]!;
    if (byte !== 0 && byte !== SPACE) refuse(what);
  }
  if (value > Number.MAX_SAFE_INTEGER) refuse(what);
  return value;
}

/** Two's complement, big endian; the first byte's top bit is the mark, the next one the sign. */
function parseBase256(block: Uint8Array, start: number, length: number, what: string): number {
  const isNegative = (block[start]! & 0x40) !== 0;
  let value = isNegative ? -1n : 0n;
  for (let at = 0; at < length; at++) {
    const byte = at === 0 ? (isNegative ? block[start]! | 0x80 : block[start]! & 0x7f) : block[start + at]!;
    value = (value << 8n) | BigInt(byte);
  }
  if (value > MAX_SAFE || value < -MAX_SAFE) refuse(what);
  return Number(value);
}

function refuse(what: string): never {
  // The text is not shown: what is no archive may be a secret.
  throw new ArchiveError(`Cannot read tar header: ${what} field holds no number up to 2^53`);
}

/**
 * Parses a decimal value of a PAX record or sparse map: digits only.
 *
 * @throws {ArchiveError} if it is none, or beyond 2^53.
 */
export function parseDecimal(text: string, what: string): number {
  if (/^[0-9]{1,32}$/.test(text)) {
    const value = BigInt(text);
    if (value <= MAX_SAFE) return Number(value);
  }
  throw new ArchiveError(
    `Cannot read tar header: ${what} is not a number up to 2^53`,
  );
}

/** A point in time: seconds rounded down, and nanoseconds on top. */
export interface TarTime {
  seconds: number;
  nanoseconds: number;
}

/**
 * Parses a PAX time: seconds since 1970, perhaps negative, perhaps with a fraction, whose digits
 * beyond the ninth are cut.
 *
 * @throws {ArchiveError} if it is none.
 */
export function parsePaxTime(text: string): TarTime {
  const match = /^(-?)([0-9]{1,32})(?:\.([0-9]*))?$/.exec(text);
  if (match === null) {
    throw new ArchiveError("Cannot read tar header: mtime is not a time");
  }
  const [, sign, whole, fraction = ""] = match;
  const seconds = parseDecimal(whole!, "mtime");
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, "0"));
  if (sign === "") return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: seconds === 0 ? 0 : -seconds, nanoseconds: 0 }
    : { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}
