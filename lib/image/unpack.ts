/**
 * Owns unpacking an image into a directory: the entries go to the tree writer, and the archive is read to its
 * end. What a failure leaves in the directory is the caller's to remove.
 */

import type { OnArchiveWarning } from "../archive/entry.ts";
import type { Root } from "../sys/root.ts";
import type { ImageFile } from "./image_format.ts";
import { readImage, type ReadImageOptions } from "./read_image.ts";
import { type TreeCounts, TreeWriter } from "./writer/tree_writer.ts";

/** Options of {@linkcode unpackImage}. */
export interface UnpackOptions extends Pick<ReadImageOptions, "onProgress" | "mountPoint"> {
  /** Whether owners are set, which only root can. Default true. */
  isOwnerKept?: boolean;
  onWarning?: OnArchiveWarning;
  /** Told what only who looks closely wants to know. */
  onDebug?: (message: string) => void;
  /** Told what was written, also if the unpacking fails. */
  onEnd?: (counts: TreeCounts) => void;
}

/** What was unpacked. */
export interface UnpackSummary extends TreeCounts {
  /** Size of the archive, in bytes. */
  readBytes: number;
  /** The messages alone. */
  warnings: string[];
}

/** Warnings that are kept; an archive of a million devices has one line too. */
const WARNINGS_MAX = 100;

/** Returns what passes on so many warnings of an archive, and says that there were more. */
export function limitWarnings(onWarning: OnArchiveWarning): OnArchiveWarning {
  let count = 0;
  return (message, code) => {
    if (++count <= WARNINGS_MAX) onWarning(message, code);
    else if (count === WARNINGS_MAX + 1) onWarning("further warnings are left out", "more-left-out");
  };
}

/**
 * Unpacks an image into an empty directory.
 *
 * @throws {ArchiveError} if the archive is malformed or an entry is refused; it names the entry.
 * @throws {TorcxError} `no_space` if the file system is full, else as {@linkcode readImage}.
 */
export async function unpackImage(
  image: ImageFile,
  target: Root,
  options: UnpackOptions = {},
): Promise<UnpackSummary> {
  const warnings: string[] = [];
  const onWarning = limitWarnings((message, code) => {
    warnings.push(message);
    options.onWarning?.(message, code);
  });
  const { isOwnerKept = true, onDebug = (): void => {} } = options;
  using writer = new TreeWriter(target, { isOwnerKept, onWarning, onDebug });
  try {
    const { readBytes } = await readImage(image, writer, options);
    writer.finish();
    return { ...writer.counts, readBytes, warnings };
  } finally {
    options.onEnd?.(writer.counts);
  }
}
