/**
 * Owns what may follow the zero blocks that end a tar archive: padding, or a second archive, which is told
 * and never read.
 */

import { refuseEntry } from "./tar_entry.ts";
import { hasChecksum, readBlockName } from "./tar_header.ts";

/**
 * Judges the block behind a lone zero block: an end with odd padding, but never a pause, as tools differ
 * on what follows it.
 *
 * @throws {ArchiveError} naming the entry, if it is a header.
 */
export function checkAfterZero(block: Uint8Array, at: number): void {
  if (!hasChecksum(block, at)) return;
  refuseEntry(readBlockName(block, at), "it follows a zero block, which marks the end of the archive");
}

/** What is said of an archive that another one was appended to. */
export const SECOND_ARCHIVE = "a second archive follows the end of the first and is not read";

/** Returns whether a block behind the end is a header: `cat 1.tar 2.tar` makes such archives. */
export function isSecondArchive(block: Uint8Array, at: number): boolean {
  // Padding is told by its first byte, as a name is not empty.
  return block[at] !== 0 && hasChecksum(block, at);
}
