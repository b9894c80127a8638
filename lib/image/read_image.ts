/**
 * Owns the one way to read an image archive: whatever its format, its entries go to a sink, and it is read to its
 * end. It refuses to write: the sink does what it will.
 */

import { readArchive } from "../archive/decompress.ts";
import type { EntrySink } from "../archive/entry.ts";
import { TarReader } from "../archive/tar_reader.ts";
import type { ByteString } from "../bytes.ts";
import { type SyscallError, TorcxError } from "../errors.ts";
import { unmount } from "../sys/mounts.ts";
import type { Root } from "../sys/root.ts";
import { copyTree } from "./copy_tree.ts";
import type { ImageFile } from "./image_format.ts";
import { mountSquashfsImage } from "./squashfs_check.ts";

/** Where a squashfs is mounted while it is read: an empty directory that nobody else sees. */
export interface MountPoint {
  root: Root;
  path: ByteString;
}

/** Options of {@linkcode readImage}. */
export interface ReadImageOptions {
  /** Told again and again how many bytes of the archive were read; what it throws ends the reading. */
  onProgress?: (readBytes: number) => void;
  /** Without one a squashfs cannot be read. */
  mountPoint?: MountPoint;
  /** Told of each file of a squashfs that is damaged; without, the first one ends the reading. */
  onUnreadable?: (path: ByteString, error: SyscallError) => void;
  /** Called with the tree of a squashfs, mounted, once its entries are read. */
  onTree?: (tree: Root) => void;
}

/**
 * Reads an image to its end.
 *
 * @returns how many bytes the archive has.
 * @throws {ArchiveError} if it is damaged, or not of its format.
 * @throws {TorcxError} `unsupported` if it is a squashfs that cannot be mounted. What the sink throws comes through.
 */
export async function readImage(
  image: ImageFile,
  sink: EntrySink,
  options: ReadImageOptions = {},
): Promise<{ readBytes: number }> {
  const { file, format } = image;
  if (format === "squashfs") return await readSquashfs(image, sink, options);
  const reader = new TarReader(sink);
  const compression = format === "tgz" ? "gzip" : "none";
  const result = await readArchive(file, {
    compression,
    onChunk: (chunk) => reader.push(chunk),
    onProgress: options.onProgress,
  });
  reader.end();
  return result;
}

/** Reads every file: the kernel checks what it inflates. */
async function readSquashfs(
  { file }: ImageFile,
  sink: EntrySink,
  { mountPoint, onProgress, onUnreadable, onTree }: ReadImageOptions,
): Promise<{ readBytes: number }> {
  if (mountPoint === undefined) {
    throw new TorcxError("unsupported", "Cannot read squashfs: there is no place to mount it");
  }
  const { root, path } = mountPoint;
  mountSquashfsImage(root, { source: file, target: path }).forEach(({ code, message }) =>
    sink.onWarning(message, code)
  );
  try {
    using tree = root.openSub(path);
    // How much of the archive a file takes is not known.
    await copyTree(tree, sink, {
      onTurn: () => onProgress?.(0),
      ...(onUnreadable === undefined ? {} : { onUnreadable }),
    });
    onProgress?.(file.stat.size);
    onTree?.(tree);
    return { readBytes: file.stat.size };
  } finally {
    unmount(root, path);
  }
}
