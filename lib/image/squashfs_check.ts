/**
 * Owns the one check of a squashfs file on every way in, and mounting it after that: what mount(2) says
 * of a file that is none, cut off, or not for this kernel helps nobody.
 */

import type { ArchiveWarning } from "../archive/entry.ts";
import { HEAD_BYTES } from "../archive/magic.ts";
import { readSquashfsInfo } from "../archive/squashfs.ts";
import type { ByteString } from "../bytes.ts";
import { ArchiveError, TorcxError } from "../errors.ts";
import { findKernelConfig } from "../sys/kernel_config.ts";
import { unmount } from "../sys/mounts.ts";
import { type FileStat, formatMode } from "../sys/file_stat.ts";
import type { OpenFile } from "../sys/open_file.ts";
import type { Root } from "../sys/root.ts";
import { mountSquashfs, trySquashfs } from "../sys/squashfs_mounts.ts";

/** Kernels read it in blocks of 1 KiB, or of 4 KiB if built so (SQUASHFS_DEVBLK_SIZE). */
const DEVICE_BLOCK_BYTES = 1024;
const LARGE_DEVICE_BLOCK_BYTES = 4096;
/** The option of the kernel's configuration for each compressor; lzma is in no kernel. */
const COMPRESSOR_OPTIONS: Record<string, string> = {
  gzip: "SQUASHFS_ZLIB",
  lzo: "SQUASHFS_LZO",
  xz: "SQUASHFS_XZ",
  lz4: "SQUASHFS_LZ4",
  zstd: "SQUASHFS_ZSTD",
};
const READABLE_BY_OWNER = 0o500;
const SEARCHABLE_BY_OTHERS = 0o001;

/** A squashfs that may be mounted. */
export interface CheckedSquashfs {
  /** How messages call it. */
  what: string;
  warnings: ArchiveWarning[];
}

/**
 * Checks that a file is a squashfs image, there to its end, that this kernel can mount, as far as its
 * superblock and the kernel's configuration tell.
 *
 * @throws {ArchiveError} if the file is damaged.
 * @throws {TorcxError} `unsupported` if the kernel is known to lack its compressor.
 */
export function checkSquashfs(source: OpenFile): CheckedSquashfs {
  const head = new Uint8Array(HEAD_BYTES);
  const { bytesUsed, compression } = readSquashfsInfo(head.subarray(0, source.readAt(head, 0)));
  const { size } = source.stat;
  if (bytesUsed > size) {
    throw new ArchiveError(
      `Cannot read squashfs: it has ${size} of ${bytesUsed} bytes, the file is cut off`,
    );
  }
  checkCompressor(compression);
  const isLarge = findKernelConfig()?.has("SQUASHFS_4K_DEVBLK_SIZE") === true;
  const block = isLarge ? LARGE_DEVICE_BLOCK_BYTES : DEVICE_BLOCK_BYTES;
  if (size < roundUp(bytesUsed, block)) {
    throw new ArchiveError(
      `Cannot read squashfs: its ${size} bytes are not padded to blocks of ${block}, in which the kernel reads it`,
      { hint: "Pad the file: truncate -s %4096 FILE" },
    );
  }
  const what = `squashfs (compressor ${compression})`;
  if (size >= roundUp(bytesUsed, LARGE_DEVICE_BLOCK_BYTES)) return { what, warnings: [] };
  const message =
    `the squashfs of ${size} bytes is not padded to blocks of ${LARGE_DEVICE_BLOCK_BYTES}: other kernels cannot mount it`;
  return { what, warnings: [{ code: "squashfs-not-padded", message }] };
}

function roundUp(bytes: number, block: number): number {
  return Math.ceil(bytes / block) * block;
}

/** A kernel that does not tell how it was built is asked by trial. */
function checkCompressor(compression: string): void {
  const config = findKernelConfig();
  const option = COMPRESSOR_OPTIONS[compression];
  if (option !== undefined && (config === undefined || config.has(option))) return;
  const known = Object.entries(COMPRESSOR_OPTIONS).filter(([, name]) => config?.has(name) ?? true).map(
    ([name]) => name,
  );
  throw new TorcxError(
    "unsupported",
    `Cannot read squashfs: its compressor is ${compression}, which ${
      option === undefined ? "no kernel has" : `this kernel has not (CONFIG_${option} in ${config?.path})`
    }`,
    { hint: `Make it anew with another one: mksquashfs -comp ${known.join(" or ")}` },
  );
}

/**
 * Has the kernel read a squashfs as for a mount, before anything is touched.
 *
 * @returns warnings; none where that cannot be tried.
 * @throws {TorcxError} as {@linkcode mountSquashfsImage}.
 */
export function trySquashfsImage(source: OpenFile): ArchiveWarning[] {
  const { what, warnings } = checkSquashfs(source);
  const root = trySquashfs(source, what);
  return root === undefined ? warnings : [...warnings, ...checkRootDirectory(root)];
}

/**
 * Mounts a squashfs file read-only on a directory.
 *
 * @returns warnings.
 * @throws {ArchiveError} if the file is damaged; nothing is mounted then.
 * @throws {TorcxError} as {@linkcode checkSquashfs} and {@linkcode mountSquashfs}.
 */
export function mountSquashfsImage(
  root: Root,
  { source, target }: { source: OpenFile; target: ByteString },
): ArchiveWarning[] {
  const { what, warnings } = checkSquashfs(source);
  mountSquashfs(root, { file: source, target, what });
  try {
    return [...warnings, ...checkRootDirectory(root.stat(target))];
  } catch (error) {
    unmount(root, target);
    throw error;
  }
}

/** Services run as many users: where they cannot go through the root directory, the whole image is closed to them. */
function checkRootDirectory({ type, mode }: FileStat): ArchiveWarning[] {
  const shown = formatMode(mode);
  if (type !== "directory") {
    throw new ArchiveError(`Cannot use squashfs: its root is a ${type}, not a directory`);
  }
  if ((mode & READABLE_BY_OWNER) !== READABLE_BY_OWNER) {
    throw new ArchiveError(`Cannot use squashfs: its root directory cannot be read, its mode is ${shown}`, {
      hint: "Make it anew with mksquashfs -root-mode 0755",
    });
  }
  if ((mode & SEARCHABLE_BY_OTHERS) !== 0) return [];
  const message =
    `the root directory of the squashfs has mode ${shown}: its files are closed to other users than root`;
  return [{ code: "root-not-searchable", message }];
}
