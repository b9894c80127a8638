/** Owns the digest by which a copied file is told from another one. It only reads, piece by piece. */

import { createHash } from "node:crypto";
import type { ByteString } from "../bytes.ts";
import type { Root } from "./root.ts";

const CHUNK_BYTES = 256 * 1024;

/**
 * Returns `sha256-HEX` of a file.
 *
 * @throws {TorcxError} if it is no regular file, or cannot be read.
 */
export function computeDigest(root: Root, path: ByteString): string {
  using file = root.openFile(path);
  const hash = createHash("sha256");
  // The hash has taken a piece in before it returns: one buffer serves them all.
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let count = file.read(buffer); count > 0; count = file.read(buffer)) {
    hash.update(buffer.subarray(0, count));
  }
  return `sha256-${hash.digest("hex")}`;
}
