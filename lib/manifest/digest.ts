/**
 * Owns the text form of a digest, `ALGORITHM-HEX`, as remotes' contents and pins of profiles have it. It
 * refuses to hash.
 */

import { quote, TorcxError } from "../errors.ts";

declare const brand: unique symbol;

/** What a digest may be made with, by the bytes that it makes: FIPS 180-4. */
export const DIGEST_BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const;

/** A hash function whose digests are accepted, spelled as node:crypto does. */
export type DigestAlgorithm = keyof typeof DIGEST_BYTES;

/** A digest; only {@linkcode parseDigest} and {@linkcode toDigest} make one. */
export interface Digest {
  readonly algorithm: DigestAlgorithm;
  /** In lower case. */
  readonly hex: string;
  readonly [brand]: "Digest";
}

const DIGEST = /^([A-Za-z0-9]+)[-:](.*)$/s;
const HINT = `Use ${Object.keys(DIGEST_BYTES).map((name) => `${name}-HEX`).join(", ")}`;

function isAlgorithm(name: string): name is DigestAlgorithm {
  return Object.hasOwn(DIGEST_BYTES, name);
}

/**
 * Parses a digest: `sha256-HEX`, `sha384-HEX` or `sha512-HEX`, also with a colon, hex of either case.
 *
 * @throws {TorcxError} `invalid` if it is empty, of another function, or of a wrong length.
 */
export function parseDigest(text: string): Digest {
  const refuse = (reason: string): never => {
    throw new TorcxError("invalid", `Cannot use ${quote(text)} as a digest: ${reason}`, { hint: HINT });
  };
  if (text === "") return refuse("it is empty");
  const [, name = "", hex = ""] = DIGEST.exec(text) ?? [];
  if (name === "") return refuse("it names no hash function");
  if (!isAlgorithm(name)) return refuse(`the hash function ${quote(name)} is not accepted`);
  const digits = DIGEST_BYTES[name] * 2;
  if (!/^[0-9A-Fa-f]*$/.test(hex)) return refuse("it holds what is no hexadecimal digit");
  if (hex.length !== digits) {
    return refuse(`it has ${hex.length} hexadecimal digits, ${name} makes ${digits}`);
  }
  return toDigest(name, hex);
}

/** Returns the digest of a hash function's result, in hex. */
export function toDigest(algorithm: DigestAlgorithm, hex: string): Digest {
  return { algorithm, hex: hex.toLowerCase() } as Digest;
}

/** Returns the text of a digest: `ALGORITHM-HEX` in lower case. */
export function formatDigest({ algorithm, hex }: Digest): string {
  return `${algorithm}-${hex}`;
}

/** Tells whether two digests are the same. */
export function isSameDigest(one: Digest, other: Digest): boolean {
  return one.algorithm === other.algorithm && one.hex === other.hex;
}
