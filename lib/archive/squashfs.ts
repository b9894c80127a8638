/**
 * Owns what is read of a squashfs image before the kernel mounts it: its superblock. All else is the
 * kernel's work.
 */

import { ArchiveError } from "../errors.ts";

/** fs/squashfs/squashfs_fs.h: `hsqs`. */
const MAGIC = 0x73717368;
/** sizeof(struct squashfs_super_block). */
const SUPERBLOCK_BYTES = 96;
/** Compression ids of the superblock. */
const COMPRESSIONS = ["none", "gzip", "lzma", "lzo", "xz", "lz4", "zstd"];

/** What the superblock says. */
export interface SquashfsInfo {
  compression: string;
  /** Bytes of the file that belong to the file system. */
  bytesUsed: number;
}

/**
 * Reads a superblock.
 *
 * @param head the first 96 bytes of the file or more.
 * @throws {ArchiveError} if it is no squashfs of version 4.
 */
export function readSquashfsInfo(head: Uint8Array): SquashfsInfo {
  if (head.length < SUPERBLOCK_BYTES) {
    throw new ArchiveError(`Cannot read squashfs: the file ends within the superblock`);
  }
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (view.getUint32(0, true) !== MAGIC) {
    throw new ArchiveError("Cannot read squashfs: the file does not start as one");
  }
  const major = view.getUint16(28, true);
  if (major !== 4) throw new ArchiveError(`Cannot read squashfs: it has version ${major}, not 4`);
  const compression = view.getUint16(20, true);
  return {
    compression: COMPRESSIONS[compression] ?? `unknown (${compression})`,
    bytesUsed: Number(view.getBigUint64(40, true)),
  };
}
