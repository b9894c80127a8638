/**
 * Owns what an image archive is: its format by the name and the first bytes of the file, and whether the file can
 * be of it. It refuses to read further.
 */

import type { ArchiveWarning } from "../archive/entry.ts";
import { checkContent, findPacking, HEAD_BYTES } from "../archive/magic.ts";
import type { ArchiveFormat } from "../catalog/stores.ts";
import type { OpenFile } from "../sys/open_file.ts";
import { checkSquashfs } from "./squashfs_check.ts";

/** How an image is packed: as in a store, or a plain tar. */
export type ImageFormat = ArchiveFormat | "tar";

/** An image archive that is open. */
export interface ImageFile {
  file: OpenFile;
  format: ImageFormat;
}

/** What names say, by their ends. */
const SUFFIXES: readonly [end: string, format: ImageFormat][] = [
  ["gz", "tgz"],
  [".tar", "tar"],
  [".squashfs", "squashfs"],
];

/** Returns a file's format: what its name says, else what its first bytes are, else plain tar. */
export function findImageFormat(path: string, file: OpenFile): ImageFormat {
  const named = SUFFIXES.find(([end]) => path.endsWith(end))?.[1];
  if (named !== undefined) return named;
  const packing = findPacking(readHead(file));
  return packing === "gzip" ? "tgz" : packing ?? "tar";
}

/**
 * Checks that a file starts as its format does; of a squashfs also that it is whole and for this kernel.
 *
 * @returns warnings.
 * @throws {ArchiveError} if it does not.
 * @throws {TorcxError} as {@linkcode checkSquashfs}.
 */
export function checkImage({ file, format }: ImageFile): ArchiveWarning[] {
  if (format === "squashfs") return checkSquashfs(file).warnings;
  if (format === "tgz") checkContent("gzip", readHead(file));
  return [];
}

function readHead(file: OpenFile): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(HEAD_BYTES);
  return head.subarray(0, file.readAt(head, 0));
}
