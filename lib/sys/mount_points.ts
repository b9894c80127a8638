/**
 * Owns which mount points lie at or below a directory, by the kernel's own list, and which mount a
 * descriptor is on. Paths are bytes and compared as the kernel writes both, so that neither symlinks nor
 * odd names hide a mount. It changes nothing.
 */

import { type ByteString, encodePath, fromBytes } from "../bytes.ts";
import { isErrno, SyscallError } from "../errors.ts";
import { close, openat, read, readlinkat } from "./calls.ts";
import { AT_FDCWD, O_RDONLY } from "./flags.ts";

/** Options of {@linkcode findMountPoints}. */
export interface FindMountPointsOptions {
  /** Lists only what lies below the directory. Default false. */
  isItselfOmitted?: boolean;
}

/**
 * Lists the mount points at or below a directory, the last one mounted first; undefined if that cannot be
 * told, as there is no /proc.
 *
 * @param fd a descriptor of the directory.
 */
export function findMountPoints(
  fd: number,
  options: FindMountPointsOptions = {},
): ByteString[] | undefined {
  const directory = findText(() => readlinkat(AT_FDCWD, encodePath(`/proc/self/fd/${fd}`)));
  const list = findText(() => readWhole(encodePath("/proc/thread-self/mountinfo")));
  if (directory === undefined || list === undefined) return undefined;
  const prefix = directory === "/" ? "/" : `${directory}/`;
  return list.split("\n")
    // proc(5): id, parent, major:minor, root, mount point, …
    .map((line) => unescape(line.split(" ")[4] ?? ""))
    .filter((path) => (path === directory && options.isItselfOmitted !== true) || path.startsWith(prefix))
    .reverse();
}

/**
 * Reads the id of the mount that a descriptor is on (proc(5), fdinfo).
 *
 * @throws {SyscallError} if /proc does not tell it.
 */
export function readMountId(fd: number): string {
  const path = `/proc/self/fdinfo/${fd}`;
  const match = /^mnt_id:\s*(\d+)$/m.exec(readWhole(encodePath(path)));
  if (match === null) {
    throw new SyscallError("read", { args: path, errno: "EINVAL", text: "no mnt_id in it" });
  }
  return match[1]!;
}

function findText<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function readWhole(path: ByteString): ByteString {
  const fd = openat(AT_FDCWD, path, O_RDONLY);
  try {
    const chunk = new Uint8Array(64 * 1024);
    const parts: string[] = [];
    for (;;) {
      const count = read(fd, chunk);
      if (count === 0) return parts.join("") as ByteString;
      parts.push(fromBytes(chunk.subarray(0, count)));
    }
  } finally {
    close(fd);
  }
}

/** The kernel writes blanks, line ends and backslashes as three octal digits (fs/seq_file.c, mangle_path). */
function unescape(text: string): ByteString {
  return text.replace(
    /\\([0-7]{3})/g,
    (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)),
  ) as ByteString;
}
