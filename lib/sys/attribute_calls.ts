/**
 * Owns the wrappers of the calls that read and set a file's owner, mode, times and extended attributes. As
 * `calls.ts`, it refuses policy.
 */

import { type ByteString, fromBytes } from "../bytes.ts";
import { behind, octal, put, restartOrFail } from "./call_arguments.ts";
import { AT_SYMLINK_NOFOLLOW } from "./flags.ts";
import { getErrno, libc } from "./libc.ts";

const EMPTY = Uint8Array.of(0);

/** fchown(2). */
export function fchown(fd: number, uid: number, gid: number): void {
  while (libc.fchown(fd, uid, gid) < 0) restartOrFail(getErrno(), "fchown", [behind(fd), uid, gid]);
}

/** fchownat(2) without following a symlink. */
export function lchownat(dir: number, path: ByteString, uid: number, gid: number): void {
  while (libc.fchownat(dir, put("fchownat", path), uid, gid, AT_SYMLINK_NOFOLLOW) < 0) {
    restartOrFail(getErrno(), "fchownat", [behind(dir), path, uid, gid]);
  }
}

/** fchmod(2). */
export function fchmod(fd: number, mode: number): void {
  while (libc.fchmod(fd, mode) < 0) restartOrFail(getErrno(), "fchmod", [behind(fd), octal(mode)]);
}

/** fchmodat(2). It follows symlinks: only for names that the caller has just made. */
export function fchmodat(dir: number, path: ByteString, mode: number): void {
  while (libc.fchmodat(dir, put("fchmodat", path), mode, 0) < 0) {
    restartOrFail(getErrno(), "fchmodat", [behind(dir), path, octal(mode)]);
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
  while (libc.futimens(fd, putTimes(seconds, nanoseconds)) < 0) {
    restartOrFail(getErrno(), "futimens", [behind(fd), seconds]);
  }
}

/** utimensat(2) without following a symlink. */
export function lutimensat(dir: number, path: ByteString, seconds: bigint, nanoseconds: number): void {
  const bytes = put("utimensat", path);
  while (libc.utimensat(dir, bytes, putTimes(seconds, nanoseconds), AT_SYMLINK_NOFOLLOW) < 0) {
    restartOrFail(getErrno(), "utimensat", [behind(dir), path, seconds]);
  }
}

/** fsetxattr(2). */
export function fsetxattr(fd: number, name: ByteString, value: Uint8Array<ArrayBuffer>): void {
  const data = value.length === 0 ? EMPTY : value;
  while (libc.fsetxattr(fd, put("fsetxattr", name), data, BigInt(value.length), 0) < 0) {
    restartOrFail(getErrno(), "fsetxattr", [behind(fd), name, `${value.length} bytes`]);
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
    restartOrFail(getErrno(), "fgetxattr", [behind(fd), name]);
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
    restartOrFail(getErrno(), "flistxattr", [behind(fd)]);
  }
}

/** fremovexattr(2). */
export function fremovexattr(fd: number, name: ByteString): void {
  while (libc.fremovexattr(fd, put("fremovexattr", name)) < 0) {
    restartOrFail(getErrno(), "fremovexattr", [behind(fd), name]);
  }
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
    restartOrFail(getErrno(), "lsetxattr", [path, name, `${value.length} bytes`]);
  }
}
