/**
 * Owns path resolution inside a root directory: openat2(2) with RESOLVE_IN_ROOT, or the same walk in user
 * space where the kernel (before 5.6) or a seccomp filter has none.
 */

import { isErrno, quote, SyscallError } from "../errors.ts";
import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import {
  close,
  findOpenat2InRoot,
  geteuid,
  openat,
  openat2InRoot,
  PATH_MAX,
  read,
  readlinkat,
  statx,
  type StatxResult,
} from "./calls.ts";
import { DirectoryStack } from "./directory_stack.ts";
import {
  AT_FDCWD,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  RESOLVE_NO_SYMLINKS,
  S_IFMT,
} from "./flags.ts";

/** How paths are resolved below a root. */
export type Resolver = "openat2" | "walk";

const S_IFLNK = 0o120000;
const S_IFDIR = 0o040000;
/** MAXSYMLINKS of include/linux/namei.h. */
const SYMLINKS_MAX = 40;
const DOT = encodePath(".");
const EMPTY = encodePath("");

let detected: Resolver | undefined;

/** Returns the resolver that this kernel allows. */
export function detectResolver(root: number): Resolver {
  if (detected !== undefined) return detected;
  try {
    close(openat2InRoot(root, DOT, O_PATH));
    return detected = "openat2";
  } catch (error) {
    if (isErrno(error, "ENOSYS", "EPERM")) return detected = "walk";
    throw error;
  }
}

/** Options of {@linkcode openInRoot}. */
export interface OpenOptions {
  /** The mode of a file that is made. Default 0. */
  mode?: number;
  /** Refuses every symlink on the way with ELOOP (RESOLVE_NO_SYMLINKS). Default false. */
  isSymlinkRefused?: boolean;
}

/**
 * Opens a path as if `root` were `/`: absolute symlinks and `..` stay inside.
 *
 * @throws {SyscallError} as open(2).
 */
export function openInRoot(
  resolver: Resolver,
  root: number,
  path: ByteString,
  flags: number,
  options: OpenOptions = {},
): number {
  const { isSymlinkRefused = false } = options;
  // openat2(2) answers EINVAL to a mode that would not be used.
  const mode = (flags & O_CREAT) === 0 ? 0 : options.mode ?? 0;
  if (resolver === "walk") return openByWalking(root, path, flags, mode, isSymlinkRefused);
  return openat2InRoot(root, path, flags, mode, isSymlinkRefused ? RESOLVE_NO_SYMLINKS : 0);
}

/**
 * As {@linkcode openInRoot}, but undefined if there is nothing (ENOENT, ENOTDIR).
 *
 * @throws {SyscallError} as open(2).
 */
export function findInRoot(
  resolver: Resolver,
  root: number,
  path: ByteString,
  flags: number,
): number | undefined {
  if (resolver === "openat2") return findOpenat2InRoot(root, path, flags);
  try {
    return openByWalking(root, path, flags, 0, false);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function refuse(path: ByteString, errno: string, text: string): never {
  throw new SyscallError("walk", { args: quote(decodePath(path)), errno, text });
}

/** The walk: one component at a time by O_PATH|O_NOFOLLOW, symlinks expanded here. */
function openByWalking(
  root: number,
  path: ByteString,
  flags: number,
  mode: number,
  isSymlinkRefused: boolean,
): number {
  if (path.length >= PATH_MAX) refuse(path.slice(0, 80) as ByteString, "ENAMETOOLONG", "File name too long");
  using stack = new DirectoryStack(root);
  const pending = split(path);
  let mustBeDirectory = hasTrailingSlash(path);
  let symlinks = 0;
  for (;;) {
    const name = pending.pop();
    if (name === undefined) {
      // The path ended in a directory: the root, `..` or `.`.
      return openat(stack.top, DOT, flags & ~(O_CREAT | O_NOFOLLOW));
    }
    if (name === ".") continue;
    if (name === "..") {
      stack.pop();
      continue;
    }
    const isLast = pending.length === 0;
    if (isLast && (flags & O_CREAT) !== 0 && ((flags & O_EXCL) !== 0 || !exists(stack.top, name))) {
      return openat(stack.top, name, flags | O_NOFOLLOW, mode);
    }
    const fd = openat(stack.top, name, O_PATH | O_NOFOLLOW);
    let isKept = false;
    try {
      const stat = statx(fd, EMPTY);
      const type = stat.mode & S_IFMT;
      if (type === S_IFLNK && !(isLast && (flags & O_NOFOLLOW) !== 0 && !mustBeDirectory)) {
        if (isSymlinkRefused || ++symlinks > SYMLINKS_MAX) {
          refuse(path, "ELOOP", "Too many levels of symbolic links");
        }
        if (isLast && isProtected(stat, stack.top)) refuse(path, "EACCES", "Permission denied");
        const target = readlinkat(fd, EMPTY);
        if (isLast && hasTrailingSlash(target)) mustBeDirectory = true;
        if (target.startsWith("/")) stack.clear();
        pending.push(...split(target));
        continue;
      }
      if (type === S_IFDIR && !isLast) {
        stack.push(name, fd);
        isKept = true;
        continue;
      }
      if (type !== S_IFDIR && (!isLast || mustBeDirectory || (flags & O_DIRECTORY) !== 0)) {
        refuse(path, "ENOTDIR", "Not a directory");
      }
      if ((flags & O_PATH) === 0) return openat(stack.top, name, flags | O_NOFOLLOW, mode);
      isKept = true;
      return fd;
    } finally {
      if (!isKept) close(fd);
    }
  }
}

const STICKY_AND_OTHERS_WRITE = 0o1002;
let protectsSymlinks: boolean | undefined;

/**
 * Imitates the kernel's may_follow_link (fs/namei.c, sysctl fs.protected_symlinks): in a sticky
 * directory that everybody writes, the last symlink must be the follower's or the directory owner's.
 */
function isProtected(link: StatxResult, directory: number): boolean {
  protectsSymlinks ??= readProtectedSymlinks();
  if (!protectsSymlinks || link.uid === geteuid()) return false;
  const { mode, uid } = statx(directory, EMPTY);
  return (mode & STICKY_AND_OTHERS_WRITE) === STICKY_AND_OTHERS_WRITE && uid !== link.uid;
}

function readProtectedSymlinks(): boolean {
  try {
    const fd = openat(AT_FDCWD, encodePath("/proc/sys/fs/protected_symlinks"), O_RDONLY);
    try {
      const text = new Uint8Array(1);
      return read(fd, text) === 1 && text[0] === "1".charCodeAt(0);
    } finally {
      close(fd);
    }
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES")) return false;
    throw error;
  }
}

function exists(dir: number, name: ByteString): boolean {
  try {
    statx(dir, name);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

/** Returns the components of a path, last first. */
function split(path: ByteString): ByteString[] {
  return path.split("/").filter((name) => name !== "").reverse() as ByteString[];
}

function hasTrailingSlash(path: ByteString): boolean {
  return path.endsWith("/") && /[^/]/.test(path);
}
