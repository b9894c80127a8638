/**
 * Owns what is known of a directory that may be a mount point: which one it is, and whether it lies on a file
 * system of its own that is read-only. It follows no symlink in its place, and changes nothing.
 */

import { type ByteString, encodePath, splitPath } from "../bytes.ts";
import { isErrno } from "../errors.ts";
import { close, fstatfs, statx } from "./calls.ts";
import type { FileStat } from "./file_stat.ts";
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, ST_RDONLY } from "./flags.ts";
import type { Root } from "./root.ts";

const EMPTY = encodePath("");

/** What is known of a directory that may be a mount point. */
export interface DirectoryStat extends Pick<FileStat, "dev" | "ino"> {
  /** Whether it lies on a file system of its own. */
  isMounted: boolean;
  isReadOnly: boolean;
}

/** Returns what a directory is, undefined if there is none of that name. */
export function findDirectoryStat(root: Root, path: ByteString): DirectoryStat | undefined {
  let fd: number;
  try {
    fd = root.open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
  try {
    const { dev, ino } = statx(fd, EMPTY);
    return {
      dev,
      ino,
      isMounted: root.stat(splitPath(path).parent).dev !== dev,
      isReadOnly: (fstatfs(fd).flags & ST_RDONLY) !== 0,
    };
  } finally {
    close(fd);
  }
}
