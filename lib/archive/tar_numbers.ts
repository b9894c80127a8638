/**
 * Owns the numbers of tar: octal and base-256 fields of headers, decimal values of PAX records. What is
 * neither is refused: tools that guess differently see different archives.
 */

import { ArchiveError } from "../errors.ts";

const SPACE = 0x20;
const ZERO = 0x30;
const SEVEN = 0x37;
const COMMA = 0x2c;
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

/** Digits that are taken for a number, leading zeros among them. */
const DIGITS_MAX = 32;

/**
 * Parses a decimal value of a PAX record or sparse map: digits only.
 *
 * @throws {ArchiveError} if it is none, or beyond 2^53.
 */
export function parseDecimal(text: string, what: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at++) value = addDigit(value, text.charCodeAt(at), what);
  if (text.length === 0 || text.length > DIGITS_MAX) refuseDecimal(what);
  return value;
}

/**
 * Parses a list of decimal values with commas between them: format 0.1's sparse map, without its numbers as
 * text. An empty one has none.
 *
 * @throws {ArchiveError} if one is no number, or beyond 2^53.
 */
export function parseDecimals(list: Uint8Array): number[] {
  if (list.length === 0) return [];
  let count = 1;
  for (const byte of list) if (byte === COMMA) count++;
  // All memory at once: a list that grows leaves its smaller ones behind.
  const numbers = new Array<number>(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const start = at;
    let value = 0;
    for (; at < list.length && list[at] !== COMMA; at++) value = addDigit(value, list[at]!, "a number");
    if (at === start || at - start > DIGITS_MAX) refuseDecimal("a number");
    numbers[index] = value;
    at++;
  }
  return numbers;
}

function addDigit(value: number, code: number, what: string): number {
  const digit = code - ZERO;
  const sum = value * 10 + digit;
  if (digit < 0 || digit > 9 || sum > Number.MAX_SAFE_INTEGER) refuseDecimal(what);
  return sum;
}

function refuseDecimal(what: string): never {
  throw new ArchiveError(`Cannot read tar header: ${what} is not a number up to 2^53`);
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
