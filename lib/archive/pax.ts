/**
 * Owns PAX extended headers: bytes → records, and what records mean for an entry. Keys and values are byte
 * strings; keys live in a Map, whatever they are called.
 */

import { type ByteString, fromBytes, toBytes } from "../bytes.ts";
import { ArchiveError, quote } from "../errors.ts";

/** The records of one extended header that mean something. */
export interface PaxRecords {
  /** The last value of each key; an empty one takes an override back. */
  values: Map<string, string>;
  /** Values of `GNU.sparse.offset` and `GNU.sparse.numbytes`, which repeat, in order. */
  sparsePairs: { key: string; value: string }[];
  /** The value of `GNU.sparse.map`; it may be a megabyte, and stays where it is in the header's body. */
  sparseMap: Uint8Array | undefined;
  /** Extended attributes in order; the last value of a key counts. */
  attributes: PaxAttribute[];
}

/** A record of an extended attribute: the value is large, and stays where it is in the header's body. */
interface PaxAttribute {
  key: string;
  value: Uint8Array<ArrayBuffer>;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const ZERO = 0x30;
const EQUALS = 0x3d;
/** Digits of a record's length; the body of a header is at most 1 MiB. */
const LENGTH_DIGITS_MAX = 7;

/** Keys that say something here; a header may have a hundred thousand others. */
const MEANINGFUL = /^(?:path|linkpath|size|uid|gid|mtime|GNU\.sparse\..*)$/s;

/** Keys whose value names a file. */
const NAME_KEYS = new Set(["path", "linkpath", "GNU.sparse.name"]);

/**
 * Parses the body of an extended header: records `LEN KEY=VALUE\n`.
 *
 * @param body the values of attributes stay parts of it.
 * @throws {ArchiveError} if a record has another form.
 */
export function parsePaxRecords(body: Uint8Array<ArrayBuffer>): PaxRecords {
  const records: PaxRecords = { values: new Map(), sparsePairs: [], sparseMap: undefined, attributes: [] };
  for (let at = 0; at < body.length;) {
    const end = findRecordEnd(body, at);
    const space = body.indexOf(SPACE, at);
    const equals = body.indexOf(EQUALS, space);
    if (equals < 0 || equals >= end) refuse("a record has no equal sign");
    if (equals === space + 1) refuse("a record has no key");
    const key = fromBytes(body.subarray(space + 1, equals));
    if (key.includes("\0")) refuse("a key holds NUL");
    at = end;
    if (ATTRIBUTE.test(key)) {
      records.attributes.push({ key, value: body.subarray(equals + 1, end - 1) });
      continue;
    }
    if (key === "GNU.sparse.map") {
      records.sparseMap = body.subarray(equals + 1, end - 1);
      continue;
    }
    if (!MEANINGFUL.test(key)) continue;
    const value = fromBytes(body.subarray(equals + 1, end - 1));
    if (NAME_KEYS.has(key) && value.includes("\0")) refuse(`${key} holds NUL`);
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") {
      records.sparsePairs.push({ key, value });
    }
    records.values.set(key, value);
  }
  return records;
}

/** Returns where the record that starts at `start` ends, its newline included. */
function findRecordEnd(body: Uint8Array, start: number): number {
  let length = 0;
  let at = start;
  for (; at < body.length && body[at] !== SPACE; at++) {
    const digit = body[at]! - ZERO;
    if (digit < 0 || digit > 9 || at - start >= LENGTH_DIGITS_MAX) refuse("a record's length is no number");
    length = length * 10 + digit;
  }
  const end = start + length;
  if (at === start || at >= body.length || end <= at + 1 || end > body.length) {
    refuse("a record's length is wrong");
  }
  if (body[end - 1] !== NEWLINE) refuse("a record does not end in a newline");
  return end;
}

function refuse(reason: string): never {
  throw new ArchiveError(`Cannot read PAX header: ${reason}`);
}

/** Extended attributes of an entry, and remarks on those that are left out. */
export interface PaxAttributes {
  xattrs: Map<ByteString, Uint8Array<ArrayBuffer>>;
  warnings: string[];
}

const SCHILY = "SCHILY.xattr.";
const LIBARCHIVE = "LIBARCHIVE.xattr.";
/** Of one entry, and of a key in one: what is skipped is only told. */
const WARNINGS_MAX = 10;
const KEY_BYTES_MAX = 80;
const ATTRIBUTE = /^(?:SCHILY|LIBARCHIVE)\.xattr\.|^SCHILY\.acl\./;

/**
 * Returns the extended attributes that the records carry, each once: `SCHILY.xattr.NAME` with a raw value
 * (star, GNU tar), `LIBARCHIVE.xattr.NAME` with an URL-encoded name and a base64 value. bsdtar writes each
 * attribute in both forms, with the encoded name in both.
 *
 * @throws {ArchiveError} if a name or value cannot be decoded.
 */
export function findAttributes({ attributes }: PaxRecords): PaxAttributes | undefined {
  if (attributes.length === 0) return undefined;
  const found: PaxAttributes = { xattrs: new Map(), warnings: [] };
  const { xattrs, warnings } = found;
  /** Names as they stand in keys of either form, encoded. */
  const ofSchily: PaxAttribute[] = [];
  const ofLibarchive: PaxAttribute[] = [];
  for (const { key, value } of attributes) {
    if (key.startsWith(SCHILY)) ofSchily.push({ key: key.slice(SCHILY.length), value });
    else if (key.startsWith(LIBARCHIVE)) ofLibarchive.push({ key: key.slice(LIBARCHIVE.length), value });
    else {
      const text = `${quote(key.slice(0, KEY_BYTES_MAX))} is skipped: access control lists are not kept`;
      if (warnings.length < WARNINGS_MAX && !warnings.includes(text)) warnings.push(text);
    }
  }
  const doubled = new Set(ofSchily.length === 0 ? [] : ofLibarchive.map(({ key }) => key));
  for (const { key, value } of ofSchily) {
    xattrs.set(doubled.has(key) ? decodeUrl(key) : decodeKeyword(key), value);
  }
  const decoded = new Map(ofLibarchive.map(({ key, value }) => [decodeUrl(key), { key, value }]));
  for (const [name, { key, value }] of decoded) {
    // Where both forms stand, the raw one needs no decoding.
    if (!xattrs.has(name)) xattrs.set(name, decodeBase64(LIBARCHIVE + key, fromBytes(value)));
  }
  for (const name of xattrs.keys()) {
    if (name === "" || name.includes("\0")) {
      refuse("the name of an extended attribute is empty or holds NUL");
    }
  }
  return found;
}

/** GNU tar (xheader.c, xattr_decode_keyword) escapes what would end a key, and its own escape: upper case, no others. */
function decodeKeyword(text: string): ByteString {
  return text.replace(/%3D|%25/g, (escape) => escape === "%25" ? "%" : "=") as ByteString;
}

function decodeUrl(text: string): ByteString {
  return text.replace(
    /%([0-9A-Fa-f]{2})/g,
    (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)),
  ) as ByteString;
}

function decodeBase64(key: string, text: string): Uint8Array<ArrayBuffer> {
  try {
    return toBytes(atob(text.replace(/\s/g, "")) as ByteString);
  } catch {
    refuse(`${quote(key)} is not base64`);
  }
}
