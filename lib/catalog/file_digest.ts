/** Owns the digest of a file, read once from its beginning to its end. It refuses to judge it. */

import { createHash } from "node:crypto";
import { type Digest, type DigestAlgorithm, toDigest } from "../manifest/digest.ts";
import type { OpenFile } from "../sys/open_file.ts";

const BUFFER_BYTES = 256 * 1024;

/** Options of {@linkcode digestFile}. */
export interface DigestFileOptions {
  /** Called again and again; what it throws ends the reading. */
  onProgress?: (doneBytes: number) => void;
}

/**
 * Hashes an open file.
 *
 * @throws {SyscallError} as read(2).
 */
export function digestFile(
  file: OpenFile,
  algorithm: DigestAlgorithm,
  { onProgress = () => {} }: DigestFileOptions = {},
): Digest {
  const hash = createHash(algorithm);
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let offset = 0;;) {
    const count = file.readAt(buffer, offset);
    if (count === 0) return toDigest(algorithm, hash.digest("hex"));
    hash.update(buffer.subarray(0, count));
    offset += count;
    onProgress(offset);
  }
}
