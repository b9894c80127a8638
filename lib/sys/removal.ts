/**
 * Owns the removal of everything below a directory, whatever its depth, with few descriptors and no
 * recursion. `Root` calls it, and who must leave an empty directory after a failure.
 */

import { type ByteString, encodePath } from "../bytes.ts";
import { isErrno } from "../errors.ts";
import { close, openat, unlinkat } from "./calls.ts";
import { DirectoryStack } from "./directory_stack.ts";
import { readDirEntries } from "./dirents.ts";
import { AT_REMOVEDIR, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from "./flags.ts";

/**
 * Removes everything below a directory, symlinks not followed.
 *
 * @throws {SyscallError} if something cannot be removed, or was replaced meanwhile.
 */
export function emptyDirectory(root: number): void {
  using stack = new DirectoryStack(root);
  /** Directories that are left to be removed, for each level of the stack. */
  const pending = [removeFiles(root)];
  while (pending.length > 0) {
    const name = pending.at(-1)!.pop();
    if (name !== undefined) {
      stack.push(name, openat(stack.top, name, O_PATH | O_DIRECTORY | O_NOFOLLOW));
      pending.push(removeFiles(stack.top));
      continue;
    }
    pending.pop();
    const done = stack.pop();
    if (done !== undefined) unlinkat(stack.top, done, AT_REMOVEDIR);
  }
}

/** Removes what is no directory with something in it; returns those that are. */
function removeFiles(directory: number): ByteString[] {
  const fd = openat(directory, encodePath("."), O_RDONLY | O_DIRECTORY);
  const full: ByteString[] = [];
  try {
    for (const { name, type } of readDirEntries(fd)) {
      try {
        unlinkat(fd, name, type === "directory" ? AT_REMOVEDIR : 0);
      } catch (error) {
        if (isErrno(error, "ENOTEMPTY", "EEXIST", "EISDIR")) full.push(name);
        else if (!isErrno(error, "ENOENT")) throw error;
      }
    }
    return full;
  } finally {
    close(fd);
  }
}
