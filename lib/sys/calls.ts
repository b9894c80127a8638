/**
 * Owns one thin wrapper per system call: byte paths in, numbers out, a `SyscallError` that names
 * call, arguments and errno on failure. A call that a signal interrupts (EINTR) is made again. It
 * refuses policy.
 */

import { quote, SyscallError } from "../errors.ts";
import { type ByteString, decodePath, fromBytes } from "../bytes.ts";
import { EAGAIN, EEXIST, EINTR, getErrnoName } from "./errno.ts";
import {
  ARCH,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  O_CLOEXEC,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  SYS_fsconfig,
  SYS_fsmount,
  SYS_fsopen,
  SYS_openat2,
} from "./flags.ts";
import { getErrno, getErrorText, libc } from "./libc.ts";

/** openat2(2) with RESOLVE_IN_ROOT answers EAGAIN when a rename raced with `..`. */
const OPENAT2_TRIES = 64;
/** include/uapi/linux/limits.h: with the NUL at the end. */
export const PATH_MAX = 4096;

/** Two buffers for the path arguments of a call; calls are synchronous, so they can be shared. */
const pathBuffers = [new Uint8Array(PATH_MAX + 1), new Uint8Array(PATH_MAX + 1)] as const;
const EMPTY = Uint8Array.of(0);

function fail(call: string, args: readonly unknown[], errno = getErrno()): never {
  throw new SyscallError(call, args.map(formatArgument).join(", "), getErrnoName(errno), getErrorText(errno));
}

/** Modes, and the flags of open(2), are read in octal. */
function octal(value: number): { toString(): string } {
  return { toString: () => `0o${value.toString(8)}` };
}

/** Returns if a signal interrupted the call, which is to be made again then; else it fails. */
function restartOrFail(call: string, args: readonly unknown[]): void {
  const errno = getErrno();
  if (errno !== EINTR) fail(call, args, errno);
}

function formatArgument(value: unknown): string {
  if (typeof value === "string") return quote(decodePath(value as ByteString));
  if (value === AT_FDCWD) return "AT_FDCWD";
  if (value === undefined) return "NULL";
  return String(value);
}

/** Puts a path into a shared buffer, NUL-terminated. */
function put(call: string, path: ByteString, slot: 0 | 1 = 0): Uint8Array<ArrayBuffer> {
  const buffer = pathBuffers[slot];
  const length = path.length;
  if (length >= PATH_MAX) fail(call, [`a path of ${length} bytes`], 36);
  for (let at = 0; at < length; at++) {
    const byte = path.charCodeAt(at);
    if (byte === 0 || byte > 255) fail(call, [path], 22);
    buffer[at] = byte;
  }
  buffer[length] = 0;
  return buffer;
}

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
    if (getErrno() === EEXIST) return false;
    restartOrFail("mkdirat", [dir, path, octal(mode)]);
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
    restartOrFail("openat", [dir, path, octal(flags)]);
  }
}

const how = new BigUint64Array(3);
const SYSCALL_OPENAT2 = BigInt(SYS_openat2);
const SYSCALL_GETDENTS64 = BigInt(ARCH.SYS_getdents64);
/** sizeof(struct open_how): u64 flags, mode, resolve. */
const HOW_SIZE = 24n;
const howBytes = new Uint8Array(how.buffer);

/** openat2(2) with RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS and what else is given, O_CLOEXEC set. */
export function openat2InRoot(root: number, path: ByteString, flags: number, mode = 0, resolve = 0): number {
  const bytes = path === "" ? put("openat2", "." as ByteString) : put("openat2", path);
  // The kernel refuses unknown flag bits and a sign extension: flags are kept unsigned.
  how[0] = BigInt((flags | O_CLOEXEC) >>> 0);
  how[1] = BigInt(mode);
  how[2] = BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve);
  for (let tries = 0;; tries++) {
    const fd = libc.openat2(SYSCALL_OPENAT2, root, bytes, howBytes, HOW_SIZE);
    if (fd >= 0) return fd;
    const errno = getErrno();
    if (errno === EINTR || (errno === EAGAIN && tries < OPENAT2_TRIES)) continue;
    fail("openat2", [root, path, octal(flags)], errno);
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
    restartOrFail("read", [fd, buffer.length]);
  }
}

/** pread(2): returns the count, 0 at the end. */
export function pread(fd: number, buffer: Uint8Array<ArrayBuffer>, offset: number): number {
  for (;;) {
    const count = libc.pread64(fd, buffer, BigInt(buffer.length), BigInt(offset));
    if (count >= 0) return count;
    restartOrFail("pread", [fd, buffer.length, offset]);
  }
}

/** write(2) until all bytes are written. */
export function writeAll(fd: number, data: Uint8Array<ArrayBuffer>): void {
  let rest = data;
  while (rest.length > 0) {
    const count = libc.write(fd, rest, BigInt(rest.length));
    if (count < 0) {
      restartOrFail("write", [fd, rest.length]);
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
      restartOrFail("pwrite", [fd, rest.length, at]);
      continue;
    }
    rest = rest.subarray(count);
    at += count;
  }
}

/** ftruncate(2). */
export function ftruncate(fd: number, size: number): void {
  while (libc.ftruncate64(fd, BigInt(size)) < 0) restartOrFail("ftruncate", [fd, size]);
}

/** lseek(2). */
export function lseek(fd: number, offset: number, whence: number): void {
  while (libc.lseek64(fd, BigInt(offset), whence) < 0) restartOrFail("lseek", [fd, offset, whence]);
}

/** fsync(2). */
export function fsync(fd: number): void {
  while (libc.fsync(fd) < 0) restartOrFail("fsync", [fd]);
}

/** mkdirat(2). */
export function mkdirat(dir: number, path: ByteString, mode: number): void {
  while (libc.mkdirat(dir, put("mkdirat", path), mode) < 0) {
    restartOrFail("mkdirat", [dir, path, octal(mode)]);
  }
}

/** mkfifoat(3). */
export function mkfifoat(dir: number, path: ByteString, mode: number): void {
  while (libc.mkfifoat(dir, put("mkfifoat", path), mode) < 0) {
    restartOrFail("mkfifoat", [dir, path, octal(mode)]);
  }
}

/** symlinkat(2). */
export function symlinkat(target: ByteString, dir: number, path: ByteString): void {
  while (libc.symlinkat(put("symlinkat", target), dir, put("symlinkat", path, 1)) < 0) {
    restartOrFail("symlinkat", [target, dir, path]);
  }
}

/** linkat(2) with flags 0: a link to a symlink links the symlink. */
export function linkat(fromDir: number, from: ByteString, toDir: number, to: ByteString): void {
  while (libc.linkat(fromDir, put("linkat", from), toDir, put("linkat", to, 1), 0) < 0) {
    restartOrFail("linkat", [fromDir, from, toDir, to]);
  }
}

/** unlinkat(2); `flags` may be AT_REMOVEDIR. */
export function unlinkat(dir: number, path: ByteString, flags = 0): void {
  while (libc.unlinkat(dir, put("unlinkat", path), flags) < 0) restartOrFail("unlinkat", [dir, path, flags]);
}

/** renameat(2). */
export function renameat(fromDir: number, from: ByteString, toDir: number, to: ByteString): void {
  while (libc.renameat(fromDir, put("renameat", from), toDir, put("renameat", to, 1)) < 0) {
    restartOrFail("renameat", [fromDir, from, toDir, to]);
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
    restartOrFail("renameat2", [fromDir, from, toDir, to, flags]);
  }
}

const linkBuffer = new Uint8Array(PATH_MAX);

/** readlinkat(2); with an empty path, of the O_PATH descriptor itself. */
export function readlinkat(dir: number, path: ByteString): ByteString {
  for (;;) {
    const length = libc.readlinkat(dir, put("readlinkat", path), linkBuffer, BigInt(linkBuffer.length));
    if (length >= 0) return String.fromCharCode(...linkBuffer.subarray(0, length)) as ByteString;
    restartOrFail("readlinkat", [dir, path]);
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
    restartOrFail("statx", [dir, path]);
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

/** fchown(2). */
export function fchown(fd: number, uid: number, gid: number): void {
  while (libc.fchown(fd, uid, gid) < 0) restartOrFail("fchown", [fd, uid, gid]);
}

/** fchownat(2) without following a symlink. */
export function lchownat(dir: number, path: ByteString, uid: number, gid: number): void {
  while (libc.fchownat(dir, put("fchownat", path), uid, gid, AT_SYMLINK_NOFOLLOW) < 0) {
    restartOrFail("fchownat", [dir, path, uid, gid]);
  }
}

/** fchmod(2). */
export function fchmod(fd: number, mode: number): void {
  while (libc.fchmod(fd, mode) < 0) restartOrFail("fchmod", [fd, octal(mode)]);
}

/** fchmodat(2). It follows symlinks: only for names that the caller has just made. */
export function fchmodat(dir: number, path: ByteString, mode: number): void {
  while (libc.fchmodat(dir, put("fchmodat", path), mode, 0) < 0) {
    restartOrFail("fchmodat", [dir, path, octal(mode)]);
  }
}

const times = new BigInt64Array(4);
const timesBytes = new Uint8Array(times.buffer);

function putTimes(seconds: bigint, nanoseconds: number): Uint8Array<ArrayBuffer> {
  times[0] = seconds;
  times[1] = BigInt(nanoseconds);
  times[2] = seconds;
  times[3] = times[1];
  return timesBytes;
}

/** futimens(3): access and modification time alike. */
export function futimens(fd: number, seconds: bigint, nanoseconds: number): void {
  while (libc.futimens(fd, putTimes(seconds, nanoseconds)) < 0) restartOrFail("futimens", [fd, seconds]);
}

/** utimensat(2) without following a symlink. */
export function lutimensat(dir: number, path: ByteString, seconds: bigint, nanoseconds: number): void {
  const bytes = put("utimensat", path);
  while (libc.utimensat(dir, bytes, putTimes(seconds, nanoseconds), AT_SYMLINK_NOFOLLOW) < 0) {
    restartOrFail("utimensat", [dir, path, seconds]);
  }
}

/** fsetxattr(2). */
export function fsetxattr(fd: number, name: ByteString, value: Uint8Array<ArrayBuffer>): void {
  const data = value.length === 0 ? EMPTY : value;
  while (libc.fsetxattr(fd, put("fsetxattr", name), data, BigInt(value.length), 0) < 0) {
    restartOrFail("fsetxattr", [fd, name, `${value.length} bytes`]);
  }
}

/** XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h. */
const XATTR_BYTES_MAX = 65536;

/** fgetxattr(2). */
export function fgetxattr(fd: number, name: ByteString): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(XATTR_BYTES_MAX);
  for (;;) {
    const length = libc.fgetxattr(fd, put("fgetxattr", name), value, BigInt(value.length));
    if (length >= 0) return value.slice(0, length);
    restartOrFail("fgetxattr", [fd, name]);
  }
}

/** flistxattr(2). */
export function flistxattr(fd: number): ByteString[] {
  const names = new Uint8Array(XATTR_BYTES_MAX);
  for (;;) {
    const length = libc.flistxattr(fd, names, BigInt(names.length));
    if (length >= 0) {
      return fromBytes(names.subarray(0, length)).split("\0").filter((name) => name !== "") as ByteString[];
    }
    restartOrFail("flistxattr", [fd]);
  }
}

/** fremovexattr(2). */
export function fremovexattr(fd: number, name: ByteString): void {
  while (libc.fremovexattr(fd, put("fremovexattr", name)) < 0) restartOrFail("fremovexattr", [fd, name]);
}

/** unshare(2), of the calling thread. */
export function unshare(flags: number): void {
  while (libc.unshare(flags) < 0) restartOrFail("unshare", [`0x${flags.toString(16)}`]);
}

/** lsetxattr(2) on a name below a directory descriptor, by /proc/self/fd. */
export function lsetxattrat(
  dir: number,
  path: ByteString,
  name: ByteString,
  value: Uint8Array<ArrayBuffer>,
): void {
  const full = `/proc/self/fd/${dir}/${path}` as ByteString;
  const data = value.length === 0 ? EMPTY : value;
  while (
    libc.lsetxattr(put("lsetxattr", full), put("lsetxattr", name, 1), data, BigInt(value.length), 0) < 0
  ) {
    restartOrFail("lsetxattr", [path, name, `${value.length} bytes`]);
  }
}

/** getdents64(2): fills the buffer, returns the count of bytes, 0 at the end. */
export function getdents64(fd: number, buffer: Uint8Array<ArrayBuffer>): number {
  for (;;) {
    const count = libc.getdents64(SYSCALL_GETDENTS64, fd, buffer, BigInt(buffer.length));
    if (count >= 0) return count;
    restartOrFail("getdents64", [fd]);
  }
}

/** flock(2). */
export function flock(fd: number, operation: number): void {
  while (libc.flock(fd, operation) < 0) restartOrFail("flock", [fd, operation]);
}

/** Sizes of a file system, in bytes and inodes (fstatfs(2)). */
export interface FileSystemStat {
  totalBytes: number;
  freeBytes: number;
  totalInodes: number;
  freeInodes: number;
  /** ST_RDONLY and its like, of the mount and its file system together. */
  flags: number;
}

const statfsBytes = new Uint8Array(128);
const statfsView = new BigUint64Array(statfsBytes.buffer);

/** fstatfs(2). */
export function fstatfs(fd: number): FileSystemStat {
  while (libc.fstatfs64(fd, statfsBytes) < 0) restartOrFail("fstatfs", [fd]);
  const field = (index: number): number => Number(statfsView[index]!);
  return {
    totalBytes: field(1) * field(2),
    freeBytes: field(1) * field(4),
    totalInodes: field(5),
    freeInodes: field(6),
    flags: field(10),
  };
}

const encoder = new TextEncoder();

/** mount(2). An undefined source, type or data is NULL. */
export function mount(
  source: ByteString | undefined,
  target: ByteString,
  type: string | undefined,
  flags: number,
  data: string | undefined,
): void {
  const text = (value: string | undefined): Uint8Array<ArrayBuffer> | null =>
    value === undefined ? null : encoder.encode(`${value}\0`);
  const from = source === undefined ? null : put("mount", source);
  while (libc.mount(from, put("mount", target, 1), text(type), BigInt(flags), text(data)) < 0) {
    restartOrFail("mount", [source, target, type, flags, data]);
  }
}

/** umount2(2). */
export function umount2(target: ByteString, flags: number): void {
  while (libc.umount2(put("umount2", target), flags) < 0) restartOrFail("umount2", [target, flags]);
}

const SYSCALL_FSOPEN = BigInt(SYS_fsopen);
const SYSCALL_FSCONFIG = BigInt(SYS_fsconfig);
const SYSCALL_FSMOUNT = BigInt(SYS_fsmount);

/** fsopen(2): a file system that is not configured yet. */
export function fsopen(type: string): number {
  for (;;) {
    const fd = libc.fsopen(SYSCALL_FSOPEN, encoder.encode(`${type}\0`), BigInt(FSOPEN_CLOEXEC));
    if (fd >= 0) return fd;
    restartOrFail("fsopen", [type]);
  }
}

/** fsconfig(2): sets a parameter, or carries out a command. */
export function fsconfig(fd: number, command: number, key?: string, value?: string): void {
  const text = (item: string | undefined): Uint8Array<ArrayBuffer> | null =>
    item === undefined ? null : encoder.encode(`${item}\0`);
  const number = BigInt(command);
  while (libc.fsconfig(SYSCALL_FSCONFIG, BigInt(fd), number, text(key), text(value), 0n) < 0) {
    restartOrFail("fsconfig", [fd, command, key, value]);
  }
}

/** fsmount(2): the root of a configured file system, mounted nowhere. */
export function fsmount(fd: number, attributes: number): number {
  for (;;) {
    const root = libc.fsmount(SYSCALL_FSMOUNT, BigInt(fd), BigInt(FSMOUNT_CLOEXEC), BigInt(attributes));
    if (root >= 0) return root;
    restartOrFail("fsmount", [fd, attributes]);
  }
}

/** ioctl(2) with memory as its argument. */
export function ioctlBuffer(fd: number, request: number, data: Uint8Array<ArrayBuffer>): number {
  for (;;) {
    const result = libc.ioctl_buffer(fd, BigInt(request), data);
    if (result >= 0) return result;
    restartOrFail("ioctl", [fd, `0x${request.toString(16)}`]);
  }
}

/** ioctl(2) with a number as its argument. */
export function ioctlValue(fd: number, request: number, value: number): number {
  for (;;) {
    const result = libc.ioctl_value(fd, BigInt(request), BigInt(value));
    if (result >= 0) return result;
    restartOrFail("ioctl", [fd, `0x${request.toString(16)}`, value]);
  }
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
