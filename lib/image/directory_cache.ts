/**
 * Owns the open parent directories of an image that is being unpacked: most entries lie in the same
 * few. Missing parents are made. Only the tree writer calls it.
 */

import { type ByteString, joinPath } from "../bytes.ts";
import { isErrno } from "../errors.ts";
import { close, fchmodat, tryMkdirat } from "../sys/calls.ts";
import { O_DIRECTORY, O_PATH } from "../sys/flags.ts";
import type { Root } from "../sys/root.ts";

/** Open descriptors at a time; RLIMIT_NOFILE is often 1024, and images are unpacked side by side. */
const ENTRIES_MAX = 128;
/** Mode of a parent that the archive does not list. */
const PARENT_MODE = 0o755;

/** Opens directories by their normalized path (no leading slash, no `.`), and keeps them open. */
export class DirectoryCache implements Disposable {
  readonly #root: Root;
  readonly #descriptors = new Map<ByteString, number>();

  constructor(root: Root) {
    this.#root = root;
  }

  /**
   * Returns an O_PATH descriptor of a directory, which stays this cache's and is valid until the next
   * call; missing ones on the way are made.
   *
   * @throws {SyscallError} if a part of it is no directory, or a symlink to nothing.
   */
  open(path: ByteString): number {
    if (path === "") return this.#root.fd;
    const known = this.#descriptors.get(path);
    if (known !== undefined) return known;
    let fd: number;
    try {
      fd = this.#root.open(path, O_PATH | O_DIRECTORY);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
      this.#makeDirectories(path);
      fd = this.#root.open(path, O_PATH | O_DIRECTORY);
    }
    if (this.#descriptors.size >= ENTRIES_MAX) this.#dropOldest();
    this.#descriptors.set(path, fd);
    return fd;
  }

  /** Returns an O_PATH descriptor of an existing directory, which is the caller's to close. */
  openUncached(path: ByteString): number {
    return this.#root.open(path, O_PATH | O_DIRECTORY);
  }

  /** Makes what is missing of a path, from the top down. */
  #makeDirectories(path: ByteString): void {
    let made = "" as ByteString;
    for (const name of path.split("/") as ByteString[]) {
      const parent = made;
      made = joinPath(made, name);
      const dir = parent === "" ? this.#root.fd : this.#root.open(parent, O_PATH | O_DIRECTORY);
      try {
        if (tryMkdirat(dir, name, PARENT_MODE)) fchmodat(dir, name, PARENT_MODE);
      } finally {
        if (dir !== this.#root.fd) close(dir);
      }
    }
  }

  #dropOldest(): void {
    const [path, fd] = this.#descriptors.entries().next().value!;
    this.#descriptors.delete(path);
    close(fd);
  }

  /** Forgets everything: a symlink or directory changed what paths mean. */
  clear(): void {
    for (const fd of this.#descriptors.values()) close(fd);
    this.#descriptors.clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
