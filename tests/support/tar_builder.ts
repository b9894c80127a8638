/**
 * Owns building tar streams by hand for tests: any header, valid or not, in any order. Each function
 * returns the bytes of whole blocks; `concat` joins them.
 */

const BLOCK = 512;

/** Fields of a header; strings for numbers go in as they are, so that broken ones can be built. */
export interface HeaderFields {
  name?: string | Uint8Array;
  mode?: number | string | Uint8Array;
  uid?: number | bigint | string | Uint8Array;
  gid?: number | bigint | string | Uint8Array;
  size?: number | bigint | string | Uint8Array;
  mtime?: number | bigint | string | Uint8Array;
  /** The type flag: one character. @default {"0"} */
  type?: string;
  linkName?: string | Uint8Array;
  /** @default {"ustar"} */
  format?: "v7" | "ustar" | "gnu" | "star";
  prefix?: string;
  /** Bytes put in last, by offset; the checksum counts them. */
  patch?: Readonly<Record<number, string | Uint8Array>>;
  /** The checksum field, if not the right one. */
  checksum?: string | ((sum: number, signedSum: number) => string);
}

/** Returns latin1 text as bytes: one character is one byte. */
export function bytes(text: string | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof text !== "string") return Uint8Array.from(text);
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Joins pieces. */
export function concat(...parts: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const all = parts.map(bytes);
  const out = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Pads to whole blocks. */
export function pad(data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const raw = bytes(data);
  return concat(raw, new Uint8Array((BLOCK - raw.length % BLOCK) % BLOCK));
}

/** Two zero blocks. */
export const END: Uint8Array<ArrayBuffer> = new Uint8Array(2 * BLOCK);

/** Returns a number in base-256 (star, GNU), negative ones in two's complement. */
export function base256(value: number | bigint, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let rest = BigInt(value);
  for (let at = length - 1; at >= 0; at--) {
    out[at] = Number(BigInt.asUintN(8, rest));
    rest >>= 8n;
  }
  out[0]! |= 0x80;
  return out;
}

function number(
  value: number | bigint | string | Uint8Array,
  length: number,
): Uint8Array<ArrayBuffer> {
  if (typeof value === "string" || value instanceof Uint8Array) return bytes(value);
  const octal = value.toString(8);
  if (value < 0 || octal.length >= length) return base256(value, length);
  return bytes(`${octal.padStart(length - 1, "0")}\0`);
}

/** Builds one header block. */
export function header(fields: HeaderFields): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, length: number, data: Uint8Array | string): void =>
    block.set(bytes(data).subarray(0, length), at);
  put(0, 100, fields.name ?? "file");
  put(100, 8, number(fields.mode ?? 0o644, 8));
  put(108, 8, number(fields.uid ?? 0, 8));
  put(116, 8, number(fields.gid ?? 0, 8));
  put(124, 12, number(fields.size ?? 0, 12));
  put(136, 12, number(fields.mtime ?? 1_500_000_000, 12));
  put(156, 1, fields.type ?? "0");
  put(157, 100, fields.linkName ?? "");
  const format = fields.format ?? "ustar";
  if (format === "gnu") put(257, 8, "ustar  \0");
  else if (format !== "v7") put(257, 8, "ustar\x0000");
  if (fields.prefix !== undefined) put(345, format === "star" ? 131 : 155, fields.prefix);
  if (format === "star") put(508, 4, "tar\0");
  for (const [at, data] of Object.entries(fields.patch ?? {})) put(Number(at), BLOCK, data);
  put(148, 8, "        ");
  const sum = block.reduce((total, byte) => total + byte, 0);
  const signedSum = block.reduce((total, byte) => total + (byte << 24 >> 24), 0);
  const checksum = typeof fields.checksum === "function"
    ? fields.checksum(sum, signedSum)
    : fields.checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `;
  put(148, 8, checksum);
  return block;
}

/** Builds a header with its data; the size is the data's unless the fields say another. */
export function entry(fields: HeaderFields, data: Uint8Array | string = ""): Uint8Array<ArrayBuffer> {
  const raw = bytes(data);
  return concat(header({ size: raw.length, ...fields }), pad(raw));
}

/** Shorthands of the common entries. */
export const directory = (name: string, fields: HeaderFields = {}): Uint8Array<ArrayBuffer> =>
  entry({ name, type: "5", mode: 0o755, ...fields });
export const file = (name: string, data = "", fields: HeaderFields = {}): Uint8Array<ArrayBuffer> =>
  entry({ name, ...fields }, data);
export const symlink = (name: string, linkName: string, fields: HeaderFields = {}): Uint8Array<ArrayBuffer> =>
  entry({ name, linkName, type: "2", mode: 0o777, ...fields });
export const hardlink = (
  name: string,
  linkName: string,
  fields: HeaderFields = {},
): Uint8Array<ArrayBuffer> => entry({ name, linkName, type: "1", ...fields });

/** Returns one record of an extended header, its length right. */
export function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return `${length}${rest}`;
}

/** Returns latin1 text whose characters are the UTF-8 bytes of a text. */
export function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** Builds an extended header from records in order, or from a raw body. */
export function pax(
  records: Readonly<Record<string, string>> | readonly (readonly [string, string])[] | string,
  type: "x" | "g" = "x",
): Uint8Array<ArrayBuffer> {
  const pairs = Array.isArray(records) ? records : Object.entries(records);
  const body = typeof records === "string"
    ? records
    : (pairs as [string, string][]).map(([key, value]) => record(key, value)).join("");
  return entry({ name: "PaxHeaders/x", type }, body);
}

/** Builds GNU's header of a long name (`L`) or link target (`K`). */
export function longName(text: string, type: "L" | "K" = "L", end = "\0"): Uint8Array<ArrayBuffer> {
  return entry({ name: "././@LongLink", type, format: "gnu", mode: 0 }, text + end);
}

/** A stretch of data: offset and length. */
export type Region = readonly [offset: number | bigint, length: number | bigint];

/** Builds an old GNU sparse file (type `S`), with as many extension blocks as its map needs. */
export function gnuSparse(
  name: string,
  realSize: number | bigint,
  regions: readonly Region[],
  data: Uint8Array | string,
  fields: HeaderFields = {},
): Uint8Array<ArrayBuffer> {
  const pairs = (list: readonly Region[]): Uint8Array<ArrayBuffer> =>
    concat(...list.flatMap(([offset, length]) => [number(offset, 12), number(length, 12)]));
  const extensions: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 4; at < regions.length; at += 21) {
    const block = new Uint8Array(BLOCK);
    block.set(pairs(regions.slice(at, at + 21)));
    block[504] = regions.length > at + 21 ? 1 : 0;
    extensions.push(block);
  }
  const head = header({
    name,
    type: "S",
    format: "gnu",
    size: bytes(data).length,
    ...fields,
    patch: {
      386: pairs(regions.slice(0, 4)),
      482: Uint8Array.of(regions.length > 4 ? 1 : 0),
      483: number(realSize, 12),
      ...fields.patch,
    },
  });
  return concat(head, ...extensions, pad(data));
}

/** Returns a gzip of the data (one member). */
export async function gzip(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
