/** Owns the digest by which a file is told from another one. It only reads, piece by piece. */

import { createHash } from "node:crypto";
import type { ByteString } from "../bytes.ts";
import type { Root } from "./root.ts";

const CHUNK_BYTES = 256 * 1024;

/** Options of {@linkcode computeDigest}. */
export interface DigestOptions {
  /** The hash function, as node:crypto spells it. Default `sha256`. */
  algorithm?: string;
}

/**
 * Returns `ALGORITHM-HEX` of a file.
 *
 * @throws {TorcxError} if it is no regular file, or cannot be read.
 */
export function computeDigest(
  root: Root,
  path: ByteString,
  { algorithm = "sha256" }: DigestOptions = {},
): string {
  using file = root.openFile(path);
  const hash = createHash(algorithm);
  // The hash has taken a piece in before it returns: one buffer serves them all.
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let count = file.read(buffer); count > 0; count = file.read(buffer)) {
    hash.update(buffer.subarray(0, count));
  }
  return `${algorithm}-${hash.digest("hex")}`;
}
