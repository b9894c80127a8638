/**
 * Owns the order in which directories get their metadata once everything is in them: below before above,
 * without a look-up from the root for each.
 */

import type { TarEntry } from "../../archive/entry.ts";
import { type ByteString, encodePath } from "../../bytes.ts";
import { close, openat } from "../../sys/calls.ts";
import { DirectoryStack } from "../../sys/directory_stack.ts";
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from "../../sys/flags.ts";
import type { Root } from "../../sys/root.ts";

/**
 * Calls `write` with each directory, open, and its entry.
 *
 * @param directories by real path: no symlink is followed.
 * @throws {SyscallError} if a directory is no longer there.
 */
export function finishDirectories(
  root: Root,
  { directories, write }: {
    directories: ReadonlyMap<ByteString, TarEntry>;
    write: (fd: number, entry: TarEntry) => void;
  },
): void {
  using stack = new DirectoryStack(root.fd);
  const way: ByteString[] = [];
  const leave = (): void => {
    const entry = directories.get(way.join("/") as ByteString);
    if (entry !== undefined) {
      const fd = openat(stack.top, DOT, O_RDONLY | O_DIRECTORY);
      try {
        write(fd, entry);
      } finally {
        close(fd);
      }
    }
    stack.pop();
    way.pop();
  };
  for (const path of sortTree([...directories.keys()])) {
    const names = path.split("/") as ByteString[];
    let common = 0;
    while (common < way.length && way[common] === names[common]) common++;
    while (way.length > common) leave();
    for (const name of names.slice(common)) {
      stack.push(name, openat(stack.top, name, O_PATH | O_DIRECTORY | O_NOFOLLOW));
      way.push(name);
    }
  }
  while (way.length > 0) leave();
}

const DOT = encodePath(".");

/** Sorts paths so that what is below a directory follows it at once: `a`, `a/b`, `a-b`. */
function sortTree(paths: ByteString[]): ByteString[] {
  const keys = paths.map((path) => path.replaceAll("/", "\0"));
  return keys.sort().map((key) => key.replaceAll("\0", "/") as ByteString);
}
