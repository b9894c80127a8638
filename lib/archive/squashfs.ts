/**
 * Owns what is read of a squashfs image before the kernel mounts it: its superblock, checked as the
 * kernel checks it (fs/squashfs/super.c), so that what is wrong has a name. All else is the kernel's work.
 */

import { ArchiveError } from "../errors.ts";
import { checkContent } from "./magic.ts";

/** sizeof(struct squashfs_super_block). */
const SUPERBLOCK_BYTES = 96;
/** Compression ids of the superblock. */
const COMPRESSIONS: readonly (string | undefined)[] = [
  undefined,
  "gzip",
  "lzma",
  "lzo",
  "xz",
  "lz4",
  "zstd",
];
/** SQUASHFS_INVALID_BLK: a table that is not there. */
const NO_TABLE = 0xffff_ffff_ffff_ffffn;
const BLOCK_BYTES_MIN = 4096;
/** SQUASHFS_FILE_MAX_SIZE. */
const BLOCK_BYTES_MAX = 1024 * 1024;
/** SQUASHFS_METADATA_SIZE. */
const METADATA_BYTES = 8192n;

/** What the superblock says. */
export interface SquashfsInfo {
  /** As mksquashfs(1) spells it. */
  compression: string;
  /** Bytes of the file that belong to the file system. */
  bytesUsed: number;
}

/**
 * Reads a superblock. Flags are not judged: the kernel ignores those that it does not know.
 *
 * @param head the first 96 bytes of the file or more; what else it may be is told by 512.
 * @throws {ArchiveError} if it is no squashfs of version 4.0, or its tables cannot be where it says.
 */
export function readSquashfsInfo(head: Uint8Array): SquashfsInfo {
  checkContent("squashfs", head);
  if (head.length < SUPERBLOCK_BYTES) refuse("the file ends within the superblock");
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const [major, minor] = [view.getUint16(28, true), view.getUint16(30, true)];
  if (major !== 4 || minor !== 0) refuse(`it has version ${major}.${minor}, not 4.0`);
  const compression = COMPRESSIONS[view.getUint16(20, true)];
  if (compression === undefined) refuse(`its compressor has the unknown number ${view.getUint16(20, true)}`);
  checkBlockSize(view.getUint32(12, true), view.getUint16(22, true));
  checkTables(view);
  return { compression, bytesUsed: Number(view.getBigUint64(40, true)) };
}

function refuse(reason: string): never {
  throw new ArchiveError(`Cannot read squashfs: ${reason}`);
}

function checkBlockSize(bytes: number, log: number): void {
  if (bytes >= BLOCK_BYTES_MIN && bytes <= BLOCK_BYTES_MAX && bytes === 2 ** log) return;
  refuse(`its superblock is damaged: blocks of ${bytes} bytes, 2^${log}`);
}

/** The tables follow one another, and the file system ends behind the last one. */
function checkTables(view: DataView): void {
  const read = (offset: number): bigint => view.getBigUint64(offset, true);
  const hasFragments = view.getUint32(16, true) > 0;
  const tables: [name: string, start: bigint][] = [
    ["superblock", BigInt(SUPERBLOCK_BYTES) - 1n],
    ["inode", read(64)],
    ["directory", read(72)],
    ["fragment", hasFragments ? read(80) : NO_TABLE],
    ["export", read(88)],
    ["id", read(48)],
    ["xattr", read(56)],
    ["end of the file system", read(40)],
  ];
  // Only these three may be missing.
  const there = tables.filter(([name, start]) =>
    start !== NO_TABLE || !["fragment", "export", "xattr"].includes(name)
  );
  for (const [at, [name, start]] of there.slice(1).entries()) {
    const [before, earlier] = there[at]!;
    if (start > earlier && start <= BigInt(Number.MAX_SAFE_INTEGER)) continue;
    refuse(
      `its superblock is damaged: ${describeTable(name)} at ${start} does not come after ${
        describeTable(before)
      } at ${earlier}`,
    );
  }
  if (view.getUint32(4, true) === 0) refuse("its superblock is damaged: it has no inodes");
  if (view.getUint16(26, true) === 0) refuse("its superblock is damaged: it has no owners");
  const root = read(32);
  if (read(64) + (root >> 16n) >= read(72) || (root & 0xffffn) >= METADATA_BYTES) {
    refuse("its superblock is damaged: its root directory is not in the inode table");
  }
}

function describeTable(name: string): string {
  return name.includes(" ") || name === "superblock" ? `the ${name}` : `the ${name} table`;
}
