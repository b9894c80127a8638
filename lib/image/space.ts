/**
 * Owns what is said where the tmpfs of all images is too small for one, and how such a failure is known. It refuses
 * to make room.
 */

import type { ByteString } from "../bytes.ts";
import { TorcxError } from "../errors.ts";
import { readSpace } from "../sys/mounts.ts";
import type { Root } from "../sys/root.ts";
import type { TreeCounts } from "./writer/tree_writer.ts";

/** Returns whether an error or one of its causes is `no_space`. */
export function isSpaceError(error: unknown): boolean {
  for (let item = error; item instanceof Error; item = item.cause) {
    if (item instanceof TorcxError && item.code === "no_space") return true;
  }
  return false;
}

/** What an image has taken when there was no more. */
export interface SpaceTaken {
  /** In bytes. */
  bytes: number;
  /** Undefined if nothing was begun. */
  counts: TreeCounts | undefined;
}

/**
 * Says how much there is, and how much the image has taken at least: what the rest would take is not known before
 * the archive is read to its end.
 *
 * @param tmpfs its directory.
 */
export function describeSpace(
  root: Root,
  tmpfs: ByteString,
  { bytes, counts }: SpaceTaken,
): { state: string; hint: string } {
  const { totalBytes, totalInodes, freeInodes } = readSpace(root, tmpfs);
  if (freeInodes === 0 && totalInodes > 0) {
    return {
      state: `the tmpfs of all images can hold ${totalInodes} files, directories and links, ` +
        `of which this image has at least ${countNames(counts)}`,
      hint: 'Raise "unpack_inodes" in the config file, or use a squashfs archive, which takes none',
    };
  }
  return {
    state:
      `the tmpfs of all images is limited to ${totalBytes} bytes, of which this image takes at least ${bytes}`,
    hint: 'Raise "unpack_size" in the config file, or use a squashfs archive, which takes no memory',
  };
}

/** Counts what takes an inode of a tmpfs, further names of a file included (mm/shmem.c, shmem_link). */
function countNames(counts: TreeCounts | undefined): number {
  if (counts === undefined) return 1;
  // The directory of the image itself is one.
  return 1 + counts.files + counts.directories + counts.symlinks + counts.hardlinks + counts.fifos;
}
