/**
 * Owns one thin wrapper per system call: byte paths in, numbers out, a `SyscallError` that names
 * call, arguments and errno on failure. A call that a signal interrupts (EINTR) is made again. Those on
 * attributes and mounts have files of their own, and are had from here. It refuses policy. It has
 * over 300 lines as the calls are many, of a few lines each.
 */

import type { ByteString } from "../bytes.ts";
import { behind, fail, octal, PATH_MAX, put, restartOrFail } from "./call_arguments.ts";
import { EAGAIN, EEXIST, EINTR, ENOENT, ENOTDIR } from "./errno.ts";
import {
  ARCH,
  AT_EMPTY_PATH,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  SYS_openat2,
} from "./flags.ts";
import { getErrno, libc } from "./libc.ts";

export * from "./attribute_calls.ts";
export * from "./mount_calls.ts";
export { PATH_MAX };

/** openat2(2) with RESOLVE_IN_ROOT answers EAGAIN when a rename raced with `..`. */
const OPENAT2_TRIES = 64;

/** As {@linkcode openat}, but returns the negative errno: for failures that are expected often. */
export function tryOpenat(dir: number, path: ByteString, flags: number, mode = 0): number {
  const bytes = put("openat", path);
  for (;;) {
    const fd = libc.openat(dir, bytes, flags | O_CLOEXEC, mode);
    if (fd >= 0) return fd;
    const errno = getErrno();
    if (errno !== EINTR) return -errno;
  }
}

/** As {@linkcode mkdirat}, but returns whether it was made; false if there is something of that name. */
export function tryMkdirat(dir: number, path: ByteString, mode: number): boolean {
  while (libc.mkdirat(dir, put("mkdirat", path), mode) < 0) {
    const errno = getErrno();
    if (errno === EEXIST) return false;
    restartOrFail(errno, "mkdirat", [behind(dir), path, octal(mode)]);
  }
  return true;
}

/** As {@linkcode linkat}, but returns the negative errno, or 0. */
export function tryLinkat(fromDir: number, from: ByteString, toDir: number, to: ByteString): number {
  while (libc.linkat(fromDir, put("linkat", from), toDir, put("linkat", to, 1), 0) < 0) {
    const errno = getErrno();
    if (errno !== EINTR) return -errno;
  }
  return 0;
}

/** openat(2), always with O_CLOEXEC. */
export function openat(dir: number, path: ByteString, flags: number, mode = 0): number {
  const bytes = put("openat", path);
  for (;;) {
    const fd = libc.openat(dir, bytes, flags | O_CLOEXEC, mode);
    if (fd >= 0) return fd;
    restartOrFail(getErrno(), "openat", [behind(dir), path, octal(flags)]);
  }
}

const how = new BigUint64Array(3);
const SYSCALL_OPENAT2 = BigInt(SYS_openat2);
const SYSCALL_GETDENTS64 = BigInt(ARCH.SYS_getdents64);
/** sizeof(struct open_how): u64 flags, mode, resolve. */
const HOW_SIZE = 24n;
const howBytes = new Uint8Array(how.buffer);

/**
 * openat2(2) with RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS and what else is given, O_CLOEXEC set.
 *
 * @throws {SyscallError} as openat2(2).
 */
export function openat2InRoot(root: number, path: ByteString, flags: number, mode = 0, resolve = 0): number {
  const fd = tryOpenat2(root, path, flags, mode, resolve);
  return fd >= 0 ? fd : fail(-fd, "openat2", [behind(root), path, octal(flags)]);
}

/**
 * As {@linkcode openat2InRoot}, but undefined if there is nothing (ENOENT, ENOTDIR): no error is made of it.
 *
 * @throws {SyscallError} as openat2(2).
 */
export function findOpenat2InRoot(root: number, path: ByteString, flags: number): number | undefined {
  const fd = tryOpenat2(root, path, flags, 0, 0);
  if (fd >= 0) return fd;
  return fd === -ENOENT || fd === -ENOTDIR
    ? undefined
    : fail(-fd, "openat2", [behind(root), path, octal(flags)]);
}

function tryOpenat2(root: number, path: ByteString, flags: number, mode: number, resolve: number): number {
  const bytes = path === "" ? put("openat2", "." as ByteString) : put("openat2", path);
  // The kernel refuses unknown flag bits and a sign extension: flags are kept unsigned.
  how[0] = BigInt((flags | O_CLOEXEC) >>> 0);
  how[1] = BigInt(mode);
  how[2] = BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve);
  for (let tries = 0;; tries++) {
    const fd = libc.openat2(SYSCALL_OPENAT2, root, bytes, howBytes, HOW_SIZE);
    if (fd >= 0) return fd;
    const errno = getErrno();
    if (errno !== EINTR && (errno !== EAGAIN || tries >= OPENAT2_TRIES)) return -errno;
  }
}

/** close(2). Errors are not reported: the descriptor is gone either way. */
export function close(fd: number): void {
  libc.close(fd);
}

/** read(2): returns the count, 0 at the end. */
export function read(fd: number, buffer: Uint8Array<ArrayBuffer>): number {
  for (;;) {
    const count = libc.read(fd, buffer, BigInt(buffer.length));
    if (count >= 0) return count;
    restartOrFail(getErrno(), "read", [behind(fd), buffer.length]);
  }
}

/** pread(2): returns the count, 0 at the end. */
export function pread(fd: number, buffer: Uint8Array<ArrayBuffer>, offset: number): number {
  for (;;) {
    const count = libc.pread64(fd, buffer, BigInt(buffer.length), BigInt(offset));
    if (count >= 0) return count;
    restartOrFail(getErrno(), "pread", [behind(fd), buffer.length, offset]);
  }
}

/** write(2) until all bytes are written. */
export function writeAll(fd: number, data: Uint8Array<ArrayBuffer>): void {
  let rest = data;
  while (rest.length > 0) {
    const count = libc.write(fd, rest, BigInt(rest.length));
    if (count < 0) {
      restartOrFail(getErrno(), "write", [behind(fd), rest.length]);
      continue;
    }
    if (count === rest.length) return;
    rest = rest.subarray(count);
  }
}

/** pwrite(2) until all bytes are written at an offset. */
export function pwriteAll(fd: number, data: Uint8Array<ArrayBuffer>, offset: number): void {
  let rest = data;
  let at = offset;
  while (rest.length > 0) {
    const count = libc.pwrite64(fd, rest, BigInt(rest.length), BigInt(at));
    if (count < 0) {
      restartOrFail(getErrno(), "pwrite", [behind(fd), rest.length, at]);
      continue;
    }
    rest = rest.subarray(count);
    at += count;
  }
}

/** ftruncate(2). */
export function ftruncate(fd: number, size: number): void {
  while (libc.ftruncate64(fd, BigInt(size)) < 0) restartOrFail(getErrno(), "ftruncate", [behind(fd), size]);
}

/** lseek(2). */
export function lseek(fd: number, offset: number, whence: number): void {
  while (libc.lseek64(fd, BigInt(offset), whence) < 0) {
    restartOrFail(getErrno(), "lseek", [behind(fd), offset, whence]);
  }
}

/** fsync(2). */
export function fsync(fd: number): void {
  while (libc.fsync(fd) < 0) restartOrFail(getErrno(), "fsync", [behind(fd)]);
}

/** mkdirat(2). */
export function mkdirat(dir: number, path: ByteString, mode: number): void {
  while (libc.mkdirat(dir, put("mkdirat", path), mode) < 0) {
    restartOrFail(getErrno(), "mkdirat", [behind(dir), path, octal(mode)]);
  }
}

/** mkfifoat(3). */
export function mkfifoat(dir: number, path: ByteString, mode: number): void {
  while (libc.mkfifoat(dir, put("mkfifoat", path), mode) < 0) {
    restartOrFail(getErrno(), "mkfifoat", [behind(dir), path, octal(mode)]);
  }
}

/** symlinkat(2). */
export function symlinkat(target: ByteString, dir: number, path: ByteString): void {
  while (libc.symlinkat(put("symlinkat", target), dir, put("symlinkat", path, 1)) < 0) {
    restartOrFail(getErrno(), "symlinkat", [target, behind(dir), path]);
  }
}

/** linkat(2) with flags 0: a link to a symlink links the symlink. */
export function linkat(fromDir: number, from: ByteString, toDir: number, to: ByteString): void {
  while (libc.linkat(fromDir, put("linkat", from), toDir, put("linkat", to, 1), 0) < 0) {
    restartOrFail(getErrno(), "linkat", [behind(fromDir), from, behind(toDir), to]);
  }
}

/** unlinkat(2); `flags` may be AT_REMOVEDIR. */
export function unlinkat(dir: number, path: ByteString, flags = 0): void {
  while (libc.unlinkat(dir, put("unlinkat", path), flags) < 0) {
    restartOrFail(getErrno(), "unlinkat", [behind(dir), path, flags]);
  }
}

/** renameat(2). */
export function renameat(fromDir: number, from: ByteString, toDir: number, to: ByteString): void {
  while (libc.renameat(fromDir, put("renameat", from), toDir, put("renameat", to, 1)) < 0) {
    restartOrFail(getErrno(), "renameat", [behind(fromDir), from, behind(toDir), to]);
  }
}

/** renameat2(2); `flags` may be RENAME_NOREPLACE. */
export function renameat2(
  fromDir: number,
  from: ByteString,
  toDir: number,
  to: ByteString,
  flags: number,
): void {
  while (libc.renameat2(fromDir, put("renameat2", from), toDir, put("renameat2", to, 1), flags) < 0) {
    restartOrFail(getErrno(), "renameat2", [behind(fromDir), from, behind(toDir), to, flags]);
  }
}

const linkBuffer = new Uint8Array(PATH_MAX);

/** readlinkat(2); with an empty path, of the O_PATH descriptor itself. */
export function readlinkat(dir: number, path: ByteString): ByteString {
  for (;;) {
    const length = libc.readlinkat(dir, put("readlinkat", path), linkBuffer, BigInt(linkBuffer.length));
    if (length >= 0) return String.fromCharCode(...linkBuffer.subarray(0, length)) as ByteString;
    restartOrFail(getErrno(), "readlinkat", [behind(dir), path]);
  }
}

/** What statx(2) tells of a file. */
export interface StatxResult {
  /** Type and permissions, as in st_mode. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  ino: bigint;
  /** major << 32 | minor. */
  dev: bigint;
  nlink: number;
  mtimeSec: number;
  mtimeNsec: number;
}

const statxBytes = new Uint8Array(256);
const statxView = new DataView(statxBytes.buffer);
const STATX_BASIC_STATS = 0x7ff;

/** statx(2) without following a symlink; an empty path means the descriptor itself. */
export function statx(dir: number, path: ByteString): StatxResult {
  const flags = AT_SYMLINK_NOFOLLOW | (path === "" ? AT_EMPTY_PATH : 0);
  while (libc.statx(dir, put("statx", path), flags, STATX_BASIC_STATS, statxBytes) < 0) {
    restartOrFail(getErrno(), "statx", [behind(dir), path]);
  }
  return {
    nlink: statxView.getUint32(16, true),
    uid: statxView.getUint32(20, true),
    gid: statxView.getUint32(24, true),
    mode: statxView.getUint16(28, true),
    ino: statxView.getBigUint64(32, true),
    size: Number(statxView.getBigUint64(40, true)),
    mtimeSec: Number(statxView.getBigInt64(112, true)),
    mtimeNsec: statxView.getUint32(120, true),
    dev: (BigInt(statxView.getUint32(136, true)) << 32n) | BigInt(statxView.getUint32(140, true)),
  };
}

/** getdents64(2): fills the buffer, returns the count of bytes, 0 at the end. */
export function getdents64(fd: number, buffer: Uint8Array<ArrayBuffer>): number {
  for (;;) {
    const count = libc.getdents64(SYSCALL_GETDENTS64, fd, buffer, BigInt(buffer.length));
    if (count >= 0) return count;
    restartOrFail(getErrno(), "getdents64", [behind(fd)]);
  }
}

/** flock(2). */
export function flock(fd: number, operation: number): void {
  while (libc.flock(fd, operation) < 0) restartOrFail(getErrno(), "flock", [behind(fd), operation]);
}

/** geteuid(2). */
export function geteuid(): number {
  return libc.geteuid();
}

/** getegid(2). */
export function getegid(): number {
  return libc.getegid();
}

/** umask(2): sets it and returns the one before. */
export function umask(mask: number): number {
  return libc.umask(mask);
}
