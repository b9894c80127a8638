/** Owns what is known of a file: statx(2)'s answer with the type split off. It opens nothing. */

import { encodePath } from "../bytes.ts";
import { statx, type StatxResult } from "./calls.ts";
import { PERMISSION_BITS, S_IFMT } from "./flags.ts";

/** What a directory entry can be. */
export type FileType = "file" | "directory" | "symlink" | "fifo" | "char" | "block" | "socket";

/** What is known of a file. */
export interface FileStat extends StatxResult {
  type: FileType;
  /** Permission bits only (07777). */
  mode: number;
}

/** include/uapi/linux/stat.h: S_IFMT values. */
const FILE_TYPES: Record<number, FileType> = {
  0o010000: "fifo",
  0o020000: "char",
  0o040000: "directory",
  0o060000: "block",
  0o100000: "file",
  0o120000: "symlink",
  0o140000: "socket",
};

/** Returns statx's result with the type split off. */
export function toFileStat(stat: StatxResult): FileStat {
  return { ...stat, type: FILE_TYPES[stat.mode & S_IFMT] ?? "file", mode: stat.mode & PERMISSION_BITS };
}

/** Returns what an open descriptor is of. */
export function readDescriptorStat(fd: number): FileStat {
  return toFileStat(statx(fd, encodePath("")));
}

/** Returns permission bits as people read them, such as `0644`. */
export function formatMode(mode: number): string {
  return `0${mode.toString(8).padStart(3, "0")}`;
}
