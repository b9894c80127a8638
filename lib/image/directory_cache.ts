/**
 * Owns the open parent directories of an image that is being unpacked: most entries lie in the same
 * few. Missing parents are made. Only the tree writer calls it.
 */

import { type ByteString, encodePath, joinPath } from "../bytes.ts";
import { isErrno } from "../errors.ts";
import { close, fchmod, fchown, mkdirat, openat, readlinkat, tryOpenat } from "../sys/calls.ts";
import { ENOENT } from "../sys/errno.ts";
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from "../sys/flags.ts";
import type { Root } from "../sys/root.ts";

/** Open descriptors at a time; RLIMIT_NOFILE is often 1024, and images are unpacked side by side. */
const OPEN_MAX = 128;
/** Mode of a parent that the archive does not list. */
const PARENT_MODE = 0o755;
const O_SEARCH = O_PATH | O_DIRECTORY;

/** An open directory. */
export interface Directory {
  /** An O_PATH descriptor, the cache's own. */
  readonly fd: number;
  /** Its path below the root without symlinks: one directory has one. */
  readonly path: ByteString;
}

/** Options of {@linkcode DirectoryCache}. */
export interface DirectoryCacheOptions {
  /** Whether parents that are made get root as their owner. */
  isOwnerKept: boolean;
}

/** Opens directories by path (no leading slash, no `.` or `..`), and keeps them open. */
export class DirectoryCache implements Disposable {
  readonly #root: Root;
  readonly #top: Directory;
  readonly #isOwnerKept: boolean;
  readonly #known = new Map<ByteString, Directory>();
  /** The last one returned outlives one more call: a link has two parents. */
  #recent: Directory | undefined;
  #hasSymlinks = false;

  constructor(root: Root, options: DirectoryCacheOptions) {
    this.#root = root;
    this.#top = { fd: root.fd, path: encodePath("") };
    this.#isOwnerKept = options.isOwnerKept;
  }

  /**
   * Opens a directory; missing ones on the way are made. It is valid until the next call but one.
   *
   * @throws {SyscallError} if a part of it is no directory, or a symlink to nothing.
   */
  open(path: ByteString): Directory {
    return this.#find(path) ?? this.#keep(path, this.#openOrMake(path));
  }

  /**
   * Opens a directory that must exist. It is valid until the next call but one.
   *
   * @throws {SyscallError} as open(2).
   */
  openExisting(path: ByteString): Directory {
    return this.#find(path) ?? this.#keep(path, this.#root.open(path, O_SEARCH));
  }

  /** Opens any path, `..` included; the caller closes the descriptor. */
  openUncached(path: ByteString): Directory {
    const fd = this.#root.open(path, O_SEARCH);
    return { fd, path: this.#findRealPath(fd) ?? path };
  }

  /** Says that a symlink was made: from now on a directory may have several paths. */
  noteSymlink(): void {
    this.#hasSymlinks = true;
  }

  /** Forgets everything: a symlink or directory was replaced, and changed what paths mean. */
  clear(): void {
    for (const { fd } of this.#known.values()) close(fd);
    this.#known.clear();
    this.#recent = undefined;
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #find(path: ByteString): Directory | undefined {
    if (path === "") return this.#top;
    const directory = this.#known.get(path);
    if (directory !== undefined) this.#recent = directory;
    return directory;
  }

  #keep(path: ByteString, fd: number): Directory {
    if (this.#known.size >= OPEN_MAX) this.#dropOldest();
    const directory = { fd, path: this.#hasSymlinks ? this.#findRealPath(fd) ?? path : path };
    this.#known.set(path, directory);
    this.#recent = directory;
    return directory;
  }

  #dropOldest(): void {
    for (const [path, directory] of this.#known) {
      if (directory === this.#recent) continue;
      this.#known.delete(path);
      close(directory.fd);
      return;
    }
  }

  /** Returns the kernel's path of a directory below the root, undefined if /proc does not tell. */
  #findRealPath(fd: number): ByteString | undefined {
    const read = (of: number): ByteString => readlinkat(AT_FDCWD, encodePath(`/proc/self/fd/${of}`));
    try {
      const top = `${read(this.#root.fd).replace(/\/$/, "")}/`;
      const path = read(fd);
      if (path === "/" || `${path}/` === top) return encodePath("");
      return path.startsWith(top) ? path.slice(top.length) as ByteString : undefined;
    } catch (error) {
      if (isErrno(error, "ENOENT", "EACCES")) return undefined;
      throw error;
    }
  }

  /** Opens a directory and makes what is missing on the way. */
  #openOrMake(path: ByteString): number {
    try {
      return this.#root.open(path, O_SEARCH);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
    let fd = this.#root.fd;
    let at = encodePath("");
    for (const name of path.split("/") as ByteString[]) {
      at = joinPath(at, name);
      let next: number;
      try {
        next = this.#enter(fd, name, at);
      } finally {
        if (fd !== this.#root.fd) close(fd);
      }
      fd = next;
    }
    return fd;
  }

  /** Opens a directory in another one, and makes it if it is missing. */
  #enter(parent: number, name: ByteString, path: ByteString): number {
    const fd = tryOpenat(parent, name, O_SEARCH | O_NOFOLLOW);
    if (fd >= 0) return fd;
    // Perhaps a symlink, which is resolved from the root.
    if (fd !== -ENOENT) return this.#root.open(path, O_SEARCH);
    mkdirat(parent, name, 0o700);
    const made = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      if (this.#isOwnerKept) fchown(made, 0, 0);
      fchmod(made, PARENT_MODE);
      return openat(made, encodePath("."), O_SEARCH);
    } finally {
      close(made);
    }
  }
}
