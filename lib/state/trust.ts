/**
 * Owns which files are believed as torcx's own record: those that nobody but root or this user could
 * write. It only looks.
 */

import type { FileStat } from "../sys/file_stat.ts";
import { getUserId } from "../sys/namespace.ts";

/** Write permission of group and others. */
const FOREIGN_WRITE = 0o022;

/** Returns why a file or directory is not believed, undefined if it is. */
export function findDistrust({ uid, mode }: FileStat): string | undefined {
  // Who is not root still reads what root's apply has written.
  if (uid !== 0 && uid !== getUserId()) return `it belongs to user ${uid}`;
  if ((mode & FOREIGN_WRITE) !== 0) return `others may write it (mode 0${mode.toString(8)})`;
  return undefined;
}
