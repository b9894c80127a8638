/**
 * Owns path resolution inside a root directory: openat2(2) with RESOLVE_IN_ROOT, or the same walk
 * in user space where the kernel (before 5.6) or a seccomp filter has none. `Root` is its caller.
 */

import { isErrno, quote, SyscallError } from "../errors.ts";
import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import { close, openat, openat2InRoot, readlinkat, statx } from "./calls.ts";
import { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_PATH, S_IFMT } from "./flags.ts";

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
  mode = 0,
): number {
  return resolver === "openat2"
    ? openat2InRoot(root, path, flags, mode)
    : openByWalking(root, path, flags, mode);
}

function refuse(path: ByteString, errno: string, text: string): never {
  throw new SyscallError("walk", quote(decodePath(path)), errno, text);
}

/** The walk: one component at a time by O_PATH|O_NOFOLLOW, symlinks expanded here. */
function openByWalking(root: number, path: ByteString, flags: number, mode: number): number {
  // The open directories from the root down; the root itself stays the caller's.
  const stack: number[] = [];
  const top = (): number => stack.at(-1) ?? root;
  const clear = (): void => {
    for (const fd of stack.splice(0)) close(fd);
  };
  const pending = split(path);
  let mustBeDirectory = hasTrailingSlash(path);
  let symlinks = 0;
  try {
    for (;;) {
      const name = pending.pop();
      if (name === undefined) {
        // The path ended in a directory: the root, `..` or `.`.
        return openat(top(), DOT, flags & ~(O_CREAT | O_NOFOLLOW), 0);
      }
      if (name === ".") continue;
      if (name === "..") {
        const fd = stack.pop();
        if (fd !== undefined) close(fd);
        continue;
      }
      const isLast = pending.length === 0;
      if (isLast && (flags & O_CREAT) !== 0 && !exists(top(), name)) {
        return openat(top(), name, flags | O_NOFOLLOW, mode);
      }
      const fd = openat(top(), name, O_PATH | O_NOFOLLOW);
      stack.push(fd);
      const type = statx(fd, EMPTY).mode & S_IFMT;
      if (type === S_IFLNK && !(isLast && (flags & O_NOFOLLOW) !== 0 && !mustBeDirectory)) {
        if (++symlinks > SYMLINKS_MAX) refuse(path, "ELOOP", "Too many levels of symbolic links");
        const target = readlinkat(fd, EMPTY);
        stack.pop();
        close(fd);
        if (isLast && hasTrailingSlash(target)) mustBeDirectory = true;
        if (target.startsWith("/")) clear();
        pending.push(...split(target));
        continue;
      }
      if (type === S_IFDIR) {
        if (!isLast) continue;
      } else if (!isLast || mustBeDirectory) refuse(path, "ENOTDIR", "Not a directory");
      stack.pop();
      if ((flags & O_PATH) !== 0) {
        if ((flags & O_DIRECTORY) !== 0 && type !== S_IFDIR) {
          close(fd);
          refuse(path, "ENOTDIR", "Not a directory");
        }
        return fd;
      }
      close(fd);
      return openat(top(), name, flags | O_NOFOLLOW, mode);
    }
  } finally {
    clear();
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
