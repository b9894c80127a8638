/**
 * Owns the look at a squashfs file before the kernel mounts it: what mount(2) says of a file that is
 * none, or cut off, helps nobody. Whoever mounts one calls it first.
 */

import { readSquashfsInfo } from "../archive/squashfs.ts";
import { ArchiveError } from "../errors.ts";
import type { OpenFile } from "../sys/root.ts";

/** sizeof(struct squashfs_super_block). */
const HEAD_BYTES = 96;

/**
 * Checks that a file is a squashfs image and there to its end.
 *
 * @throws {ArchiveError} if it is not.
 */
export function checkSquashfs(source: OpenFile): void {
  const head = new Uint8Array(HEAD_BYTES);
  const { bytesUsed } = readSquashfsInfo(head.subarray(0, source.readAt(head, 0)));
  if (bytesUsed > source.stat.size) {
    throw new ArchiveError(
      `Cannot read squashfs: it has ${source.stat.size} of ${bytesUsed} bytes, the file is cut off`,
    );
  }
}
