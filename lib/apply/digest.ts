/** Owns the digest by which a copied file is told from another one. It only reads. */

import { createHash } from "node:crypto";
import type { ByteString } from "../bytes.ts";
import type { Root } from "../sys/root.ts";

/** Copied files are small: what is larger is none, and is not read. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Returns `sha256-HEX` of a file.
 *
 * @throws {TorcxError} if it cannot be read, or is larger than what torcx copies.
 */
export function computeDigest(root: Root, path: ByteString): string {
  return `sha256-${createHash("sha256").update(root.readFile(path, FILE_BYTES_MAX)).digest("hex")}`;
}
