/**
 * Owns the open parent directories of an image that is being unpacked: most entries lie in the same few.
 * Missing parents are made.
 */

import { type ByteString, encodePath, joinPath } from "../../bytes.ts";
import { isErrno } from "../../errors.ts";
import { close, fchmod, fchown, mkdirat, openat, readlinkat, tryOpenat } from "../../sys/calls.ts";
import { ENOENT } from "../../sys/errno.ts";
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from "../../sys/flags.ts";
import { openInRoot } from "../../sys/resolve.ts";
import type { Root } from "../../sys/root.ts";

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
    const known = this.#find(path);
    if (known !== undefined) return known;
    try {
      return this.#keep(path, this.#resolve(path));
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
      return this.#keep(path, this.#make(path));
    }
  }

  /**
   * Opens a directory that must exist. It is valid until the next call but one.
   *
   * @throws {SyscallError} as open(2).
   */
  openExisting(path: ByteString): Directory {
    return this.#find(path) ?? this.#keep(path, this.#resolve(path));
  }

  /** Opens any path, `..` included; the caller closes the descriptor. */
  openUncached(path: ByteString): Directory {
    const fd = this.#root.open(path, O_SEARCH);
    return { fd, path: this.#findRealPath(fd) ?? path };
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

  #keep(path: ByteString, directory: Directory): Directory {
    if (this.#known.size >= OPEN_MAX) this.#dropOldest();
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

  /** Returns the nearest open directory above a path, and what of the path is below it. */
  #findAncestor(path: ByteString): { base: Directory; rest: ByteString } {
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const base = this.#known.get(path.slice(0, slash) as ByteString);
      if (base !== undefined) return { base, rest: path.slice(slash + 1) as ByteString };
    }
    return { base: this.#top, rest: path };
  }

  /** Opens a directory from the nearest one above; one with symlinks on the way, from the root. */
  #resolve(path: ByteString): Directory {
    const { base, rest } = this.#findAncestor(path);
    try {
      const fd = openInRoot(this.#root.resolver, base.fd, rest, O_SEARCH, { isSymlinkRefused: true });
      return { fd, path: joinPath(base.path, rest) };
    } catch (error) {
      if (!isErrno(error, "ELOOP")) throw error;
      return this.openUncached(path);
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
      if (isErrno(error, "ENOENT", "EACCES", "ENAMETOOLONG")) return undefined;
      throw error;
    }
  }

  /** Opens a directory step by step, and makes what is missing. */
  #make(path: ByteString): Directory {
    const { base, rest } = this.#findAncestor(path);
    let at = path.slice(0, path.length - rest.length) as ByteString;
    let directory = base;
    for (const name of rest.split("/") as ByteString[]) {
      at = joinPath(at, name);
      let next: Directory;
      try {
        next = this.#enter(directory, name, at);
      } finally {
        if (directory !== base) close(directory.fd);
      }
      directory = next;
    }
    return directory;
  }

  /** Opens a directory in another one, and makes it if it is missing. */
  #enter(parent: Directory, name: ByteString, path: ByteString): Directory {
    const fd = tryOpenat(parent.fd, name, O_SEARCH | O_NOFOLLOW);
    if (fd >= 0) return { fd, path: joinPath(parent.path, name) };
    // Perhaps a symlink, which is resolved from the root.
    if (fd !== -ENOENT) return this.openUncached(path);
    mkdirat(parent.fd, name, 0o700);
    const made = openat(parent.fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      if (this.#isOwnerKept) fchown(made, 0, 0);
      fchmod(made, PARENT_MODE);
      return { fd: openat(made, encodePath("."), O_SEARCH), path: joinPath(parent.path, name) };
    } finally {
      close(made);
    }
  }
}
