/**
 * Owns the byte strings that carry file names between rooms: one character per byte (latin1), so
 * that names need not be UTF-8 and still work as Map keys. Made only here and by parsers of names.
 */

declare const brand: unique symbol;

/** A file name or path as bytes: each character is one byte (0 to 255). */
export type ByteString = string & { readonly [brand]: "ByteString" };

// deno-lint-ignore no-control-regex -- control characters are legal in names
const ASCII = /^[\x01-\x7f]*$/;
const encoder = new TextEncoder();

/** Returns the UTF-8 bytes of a text (a path from a config file, argv, …). */
export function encodePath(text: string): ByteString {
  if (ASCII.test(text)) return text as ByteString;
  return fromBytes(encoder.encode(text));
}

/** Returns the text of a byte string: UTF-8 where it is valid, else `\xNN` for each odd byte. */
export function decodePath(bytes: ByteString): string {
  if (ASCII.test(bytes)) return bytes;
  const raw = toBytes(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return Array.from(
      raw,
      (byte) => byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
    ).join("");
  }
}

/** Returns bytes as a byte string. */
export function fromBytes(bytes: Uint8Array): ByteString {
  let out = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    // Spreading the bytes into arguments takes four times as long.
    out += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192) as unknown as number[]);
  }
  return out as ByteString;
}

/** Returns the bytes of a byte string. */
export function toBytes(path: ByteString): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(path.length);
  for (let at = 0; at < path.length; at++) out[at] = path.charCodeAt(at);
  return out;
}

/** Joins two paths with one `/` between them. */
export function joinPath(parent: ByteString, child: ByteString): ByteString {
  if (parent === "") return child;
  return `${parent}${parent.endsWith("/") ? "" : "/"}${child.replace(/^\/+/, "")}` as ByteString;
}

/** Splits a path into its parent (may be empty) and its last component. */
export function splitPath(path: ByteString): { parent: ByteString; name: ByteString } {
  const trimmed = path.replace(/\/+$/, "");
  const slash = trimmed.lastIndexOf("/");
  return {
    parent: trimmed.slice(0, Math.max(slash, 0)) as ByteString,
    name: trimmed.slice(slash + 1) as ByteString,
  };
}
