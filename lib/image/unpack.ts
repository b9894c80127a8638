/**
 * Owns unpacking a tar archive into a directory: the reader's entries go to the tree writer, and the
 * stream is read to its end. What a failure leaves in the directory is the caller's to remove.
 */

import { type Compression, readArchive } from "../archive/decompress.ts";
import { TarReader } from "../archive/tar_reader.ts";
import type { OpenFile } from "../sys/open_file.ts";
import type { Root } from "../sys/root.ts";
import { type TreeCounts, TreeWriter } from "./writer/tree_writer.ts";

/** Options of {@linkcode unpackTar}. */
export interface UnpackOptions {
  compression: Compression;
  /** Whether owners are set, which only root can. Default true. */
  isOwnerKept?: boolean;
  /** Told how many bytes of the archive were read; what it throws ends the unpacking. */
  onProgress?: (readBytes: number) => void;
  onWarning?: (message: string) => void;
  /** Told what only who looks closely wants to know. */
  onDebug?: (message: string) => void;
  /** Told what was written, also if the unpacking fails. */
  onEnd?: (counts: TreeCounts) => void;
}

/** What was unpacked. */
export interface UnpackSummary extends TreeCounts {
  /** Size of the archive, in bytes. */
  readBytes: number;
  warnings: string[];
}

/** Warnings that are kept; an archive of a million devices has one line too. */
const WARNINGS_MAX = 100;

/**
 * Unpacks an archive into an empty directory.
 *
 * @throws {ArchiveError} if the archive is malformed or an entry is refused; it names the entry.
 * @throws {TorcxError} `no_space` if the file system is full.
 */
export async function unpackTar(
  source: OpenFile,
  target: Root,
  options: UnpackOptions,
): Promise<UnpackSummary> {
  const warnings: string[] = [];
  const onWarning = (message: string): void => {
    if (warnings.length > WARNINGS_MAX) return;
    const text = warnings.length === WARNINGS_MAX ? "further warnings are left out" : message;
    warnings.push(text);
    options.onWarning?.(text);
  };
  const { isOwnerKept = true, onDebug = (): void => {} } = options;
  using writer = new TreeWriter(target, { isOwnerKept, onWarning, onDebug });
  try {
    const reader = new TarReader(writer);
    const { readBytes } = await readArchive(
      source,
      options.compression,
      (chunk) => reader.push(chunk),
      options.onProgress,
    );
    reader.end();
    writer.finish();
    return { ...writer.counts, readBytes, warnings };
  } finally {
    options.onEnd?.(writer.counts);
  }
}
