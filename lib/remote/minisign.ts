/**
 * Owns the verification of minisign(1) and signify(1) signatures: Ed25519 over the text, or over its
 * BLAKE2b-512 digest, by the form in https://jedisct1.github.io/minisign/. It refuses to fetch.
 */

import { createHash } from "node:crypto";
import { quote, TorcxError } from "../errors.ts";
import { CLOCK_HINT, formatTime, type SignedText, type VerifyOptions } from "./signed_text.ts";

/** A public key: 8 bytes of ID and 32 of Ed25519. */
interface PublicKey {
  id: string;
  key: Uint8Array<ArrayBuffer>;
}

interface ParsedSignature {
  /** `ED`: of the text's BLAKE2b-512 digest; `Ed`: of the text. */
  isHashed: boolean;
  id: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** What minisign signs besides, undefined for signify's form. */
  trusted: { comment: string; bytes: Uint8Array<ArrayBuffer> } | undefined;
}

/** A signature's parts, in bytes: the algorithm, the key's ID, Ed25519's result. */
const ALGORITHM_BYTES = 2;
const ID_BYTES = 8;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const COMMENT = "untrusted comment: ";
const TRUSTED_COMMENT = "trusted comment: ";

/**
 * Verifies a text by its minisign or signify signature.
 *
 * @param signature the `.minisig` or `.sig` file.
 * @param source the text's URL or path, for messages.
 * @throws {TorcxError} `untrusted` if it is malformed, by another key, of another text or from the future;
 *   `invalid` if a public key is malformed.
 */
export async function verifyMinisign(
  text: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  { source, keys, now = new Date() }: VerifyOptions & { source: string; keys: readonly string[] },
): Promise<SignedText> {
  const refuse = (reason: string, hint?: string): never => {
    throw new TorcxError(
      "untrusted",
      `Cannot trust ${quote(source)}: ${reason}`,
      hint === undefined ? {} : { hint },
    );
  };
  const publicKeys = keys.map(parsePublicKey);
  const { isHashed, id, bytes, trusted } = parseSignature(signature) ??
    refuse("its signature is none of minisign or signify");
  const key = publicKeys.find((one) => one.id === id) ??
    refuse(`it is signed by the minisign key ${id}, which the remote does not name`);
  const by = `minisign key ${id}`;
  const signed = isHashed ? new Uint8Array(createHash("blake2b512").update(text).digest()) : text;
  if (!await isSignedBy(key, bytes, signed)) refuse(`it is not what ${by} signed`);
  if (trusted === undefined) {
    return { text, signature: { by, keyId: id, at: undefined, keyExpires: undefined } };
  }
  const both = new Uint8Array([...bytes, ...new TextEncoder().encode(trusted.comment)]);
  if (!await isSignedBy(key, trusted.bytes, both)) refuse(`its trusted comment is not what ${by} signed`);
  const seconds = /(?:^|\t)timestamp:(\d{1,12})(?:\t|$)/.exec(trusted.comment)?.[1];
  const at = seconds === undefined ? undefined : new Date(Number(seconds) * 1000);
  if (at !== undefined && at > now) {
    refuse(
      `it was signed on ${formatTime(at)} by ${by}, and by this machine's clock it is ${formatTime(now)}`,
      CLOCK_HINT,
    );
  }
  return { text, signature: { by, keyId: id, at, keyExpires: undefined } };
}

/**
 * Parses a public key as minisign prints it, `RW…`.
 *
 * @throws {TorcxError} `invalid` if it is none.
 */
function parsePublicKey(text: string): PublicKey {
  const bytes = decodeBase64(text.trim());
  if (bytes?.length !== ALGORITHM_BYTES + ID_BYTES + KEY_BYTES || getAlgorithm(bytes) !== "Ed") {
    throw new TorcxError("invalid", `Cannot use ${quote(text)} as a minisign key: it is none`, {
      hint: "Use the second line of the .pub file, RW…",
    });
  }
  return { id: getId(bytes), key: bytes.slice(ALGORITHM_BYTES + ID_BYTES) };
}

/** Parses a signature's file; undefined if it is none. */
function parseSignature(data: Uint8Array<ArrayBuffer>): ParsedSignature | undefined {
  const [comment = "", line = "", trustedComment, trustedLine, ...rest] = new TextDecoder().decode(data)
    .replace(/\r?\n$/, "").split(/\r?\n/);
  const bytes = decodeBase64(line);
  if (!comment.startsWith(COMMENT) || rest.length > 0) return undefined;
  if (bytes?.length !== ALGORITHM_BYTES + ID_BYTES + SIGNATURE_BYTES) return undefined;
  const algorithm = getAlgorithm(bytes);
  if (algorithm !== "Ed" && algorithm !== "ED") return undefined;
  const isHashed = algorithm === "ED";
  const parsed = { isHashed, id: getId(bytes), bytes: bytes.slice(ALGORITHM_BYTES + ID_BYTES) };
  // signify has no more than this; minisign signs its comment too.
  if (trustedComment === undefined) return isHashed ? undefined : { ...parsed, trusted: undefined };
  const trusted = decodeBase64(trustedLine ?? "");
  if (!trustedComment.startsWith(TRUSTED_COMMENT) || trusted?.length !== SIGNATURE_BYTES) return undefined;
  return { ...parsed, trusted: { comment: trustedComment.slice(TRUSTED_COMMENT.length), bytes: trusted } };
}

function getAlgorithm(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, ALGORITHM_BYTES));
}

/** Returns the key's ID as minisign prints it: a little-endian number in hex. */
function getId(bytes: Uint8Array<ArrayBuffer>): string {
  return bytes.slice(ALGORITHM_BYTES, ALGORITHM_BYTES + ID_BYTES).reverse().toHex().toUpperCase();
}

/** Decodes base64; undefined if it is none. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function isSignedBy(
  { key }: PublicKey,
  signature: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  return await crypto.subtle.verify("Ed25519", imported, signature, data);
}
