/**
 * Owns the open parent directories of an image that is being unpacked: most entries lie in the same few.
 * Missing parents are made, and what a later entry replaces is removed: that changes what paths mean.
 */

import { type ByteString, encodePath, joinPath } from "../../bytes.ts";
import { ArchiveError, isErrno } from "../../errors.ts";
import {
  close,
  fchmod,
  fchown,
  mkdirat,
  openat,
  readlinkat,
  statx,
  tryOpenat,
  unlinkat,
} from "../../sys/calls.ts";
import { ENOENT } from "../../sys/errno.ts";
import { toFileStat } from "../../sys/file_stat.ts";
import { AT_FDCWD, AT_REMOVEDIR, O_DIRECTORY, O_NOFOLLOW, O_PATH } from "../../sys/flags.ts";
import { openInRoot } from "../../sys/resolve.ts";
import type { Root } from "../../sys/root.ts";
import { withDirectory } from "./image_root.ts";

/** Open descriptors at a time; RLIMIT_NOFILE is often 1024, and images are unpacked side by side. */
const OPEN_MAX = 64;
/** Mode of a parent that the archive does not list. */
export const PARENT_MODE = 0o755;
const PRIVATE_MODE = 0o700;
const O_SEARCH = O_PATH | O_DIRECTORY;

/** An open directory. */
export interface Directory {
  /** An O_PATH descriptor, the cache's own. */
  readonly fd: number;
  /** Its path below the root without symlinks: one directory has one. */
  readonly path: ByteString;
}

/** An open directory by the path that it was asked for, behind symlinks perhaps. */
interface KnownDirectory {
  asked: ByteString;
  directory: Directory;
}

/** Options of {@linkcode DirectoryCache}. */
export interface DirectoryCacheOptions {
  /** Whether parents that are made get root as their owner. */
  isOwnerKept: boolean;
  /** Whether a directory of this process's own can be made with the mode of a parent at once. */
  isModeInherent: boolean;
}

/** Opens directories by path (no leading slash, no `.` or `..`), and keeps them open. */
export class DirectoryCache implements Disposable {
  readonly #root: Root;
  readonly #top: Directory;
  readonly #options: DirectoryCacheOptions;
  #hasRemoved = false;
  /**
   * The last used one is the last; so it outlives one more call: a link has two parents. A list, as the engine
   * keeps each string that is looked up in a Map until its next large collection.
   */
  readonly #known: KnownDirectory[] = [];

  constructor(root: Root, options: DirectoryCacheOptions) {
    this.#root = root;
    this.#top = { fd: root.fd, path: encodePath("") };
    this.#options = options;
  }

  /** Whether a directory was removed, in whose place something else was made then. */
  get hasRemoved(): boolean {
    return this.#hasRemoved;
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

  /**
   * Removes what a later entry replaces.
   *
   * @throws {ArchiveError} if it is a directory that is not empty.
   */
  remove(directory: Directory, name: ByteString): void {
    const { type } = toFileStat(statx(directory.fd, name));
    try {
      unlinkat(directory.fd, name, type === "directory" ? AT_REMOVEDIR : 0);
    } catch (error) {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
      throw new ArchiveError("a directory that is not empty has its place", { cause: error });
    }
    if (type === "directory") this.#hasRemoved = true;
    // A new name cannot change where other paths lead, but one that goes can.
    if (type === "directory" || type === "symlink") this.#clear();
  }

  /** Forgets everything. */
  #clear(): void {
    for (const { directory } of this.#known.splice(0)) close(directory.fd);
  }

  [Symbol.dispose](): void {
    this.#clear();
  }

  #find(path: ByteString): Directory | undefined {
    if (path === "") return this.#top;
    const known = this.#known;
    for (let index = known.length - 1; index >= 0; index--) {
      const item = known[index]!;
      if (item.asked !== path) continue;
      if (index < known.length - 1) known.push(...known.splice(index, 1));
      return item.directory;
    }
    return undefined;
  }

  #keep(asked: ByteString, directory: Directory): Directory {
    if (this.#known.length >= OPEN_MAX) close(this.#known.shift()!.directory.fd);
    this.#known.push({ asked, directory });
    return directory;
  }

  /** Returns the nearest open directory above a path, and what of the path is below it. */
  #findAncestor(path: ByteString): { base: Directory; rest: ByteString } {
    let nearest: KnownDirectory | undefined;
    for (const item of this.#known) {
      const { asked } = item;
      if (asked.length <= (nearest?.asked.length ?? 0) || path[asked.length] !== "/") continue;
      if (path.startsWith(asked)) nearest = item;
    }
    if (nearest === undefined) return { base: this.#top, rest: path };
    return { base: nearest.directory, rest: path.slice(nearest.asked.length + 1) as ByteString };
  }

  /** Opens a directory from the nearest one above; one with symlinks on the way, from the root. */
  #resolve(path: ByteString): Directory {
    const { base, rest } = this.#findAncestor(path);
    if (!rest.includes("/")) {
      // The usual case needs no resolver.
      const fd = tryOpenat(base.fd, rest, O_SEARCH | O_NOFOLLOW);
      if (fd >= 0) return { fd, path: joinPath(base.path, rest) };
    }
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
    return { fd: this.#makeParent(parent.fd, name), path: joinPath(parent.path, name) };
  }

  #makeParent(parent: number, name: ByteString): number {
    const { isOwnerKept, isModeInherent } = this.#options;
    mkdirat(parent, name, isModeInherent ? PARENT_MODE : PRIVATE_MODE);
    if (isModeInherent) return openat(parent, name, O_SEARCH | O_NOFOLLOW);
    return withDirectory(parent, name, (fd) => {
      if (isOwnerKept) fchown(fd, 0, 0);
      fchmod(fd, PARENT_MODE);
      return openat(fd, encodePath("."), O_SEARCH);
    });
  }
}
