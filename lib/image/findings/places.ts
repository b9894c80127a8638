/** Owns whether something is there that is only asked about: what cannot be told counts as there. */

import type { ByteString } from "../../bytes.ts";
import { isErrno, SyscallError } from "../../errors.ts";
import type { FileType } from "../../sys/file_stat.ts";
import type { Root } from "../../sys/root.ts";

/** Returns whether a path leads to a regular file. */
export function hasFile(root: Root, path: ByteString): boolean {
  return findType(root, path) === "file";
}

/** Returns whether a path leads to anything. */
export function hasAny(root: Root, path: ByteString): boolean {
  return findType(root, path) !== undefined;
}

/** Returns whether there is anything of this name, a symlink that leads nowhere included. */
export function hasEntry(root: Root, path: ByteString): boolean {
  return findType(root, path, { isFollowed: false }) !== undefined;
}

/** What cannot be told is taken for a file. */
function findType(root: Root, path: ByteString, { isFollowed = true } = {}): FileType | undefined {
  try {
    return (isFollowed ? root.stat(path) : root.lstat(path)).type;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG")) return undefined;
    if (error instanceof SyscallError) return "file";
    throw error;
  }
}
