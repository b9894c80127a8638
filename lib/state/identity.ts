/**
 * Owns how the report tells a file, or a mount, from another one: device and inode, and when it was
 * last changed, as text. It opens nothing.
 */

import type { FileStat } from "../sys/file_stat.ts";

/** Returns a device as `MAJOR:MINOR`, as /proc/self/mountinfo has it. */
export function formatDevice({ dev }: Pick<FileStat, "dev">): string {
  return `${dev >> 32n}:${dev & 0xffff_ffffn}`;
}

/** Returns when a file was last changed: seconds since 1970, a point, nine digits. */
export function formatMtime({ mtimeSec, mtimeNsec }: Pick<FileStat, "mtimeSec" | "mtimeNsec">): string {
  return `${mtimeSec}.${String(mtimeNsec).padStart(9, "0")}`;
}

/** Returns whether a file is the one of a report; undefined if the report does not say. */
export function isSameFile(
  stat: Pick<FileStat, "dev" | "ino">,
  device: string | null,
  inode: string | null,
): boolean | undefined {
  if (device === null || inode === null) return undefined;
  return formatDevice(stat) === device && String(stat.ino) === inode;
}
