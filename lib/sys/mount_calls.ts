/**
 * Owns the wrappers of the calls on mounts, file systems and devices. As `calls.ts`, it refuses policy.
 */

import type { ByteString } from "../bytes.ts";
import { behind, put, restartOrFail } from "./call_arguments.ts";
import { FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, SYS_fsconfig, SYS_fsmount, SYS_fsopen } from "./flags.ts";
import { getErrno, libc } from "./libc.ts";

/** unshare(2), of the calling thread. */
export function unshare(flags: number): void {
  while (libc.unshare(flags) < 0) restartOrFail(getErrno(), "unshare", [`0x${flags.toString(16)}`]);
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
  while (libc.fstatfs64(fd, statfsBytes) < 0) restartOrFail(getErrno(), "fstatfs", [behind(fd)]);
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
    restartOrFail(getErrno(), "mount", [source, target, type, flags, data]);
  }
}

/** umount2(2). */
export function umount2(target: ByteString, flags: number): void {
  while (libc.umount2(put("umount2", target), flags) < 0) {
    restartOrFail(getErrno(), "umount2", [target, flags]);
  }
}

const SYSCALL_FSOPEN = BigInt(SYS_fsopen);
const SYSCALL_FSCONFIG = BigInt(SYS_fsconfig);
const SYSCALL_FSMOUNT = BigInt(SYS_fsmount);

/** fsopen(2): a file system that is not configured yet. */
export function fsopen(type: string): number {
  for (;;) {
    const fd = libc.fsopen(SYSCALL_FSOPEN, encoder.encode(`${type}\0`), BigInt(FSOPEN_CLOEXEC));
    if (fd >= 0) return fd;
    restartOrFail(getErrno(), "fsopen", [type]);
  }
}

/** fsconfig(2): sets a parameter, or carries out a command. */
export function fsconfig(fd: number, command: number, key?: string, value?: string): void {
  const text = (item: string | undefined): Uint8Array<ArrayBuffer> | null =>
    item === undefined ? null : encoder.encode(`${item}\0`);
  const number = BigInt(command);
  while (libc.fsconfig(SYSCALL_FSCONFIG, BigInt(fd), number, text(key), text(value), 0n) < 0) {
    restartOrFail(getErrno(), "fsconfig", [behind(fd), command, key, value]);
  }
}

/** fsmount(2): the root of a configured file system, mounted nowhere. */
export function fsmount(fd: number, attributes: number): number {
  for (;;) {
    const root = libc.fsmount(SYSCALL_FSMOUNT, BigInt(fd), BigInt(FSMOUNT_CLOEXEC), BigInt(attributes));
    if (root >= 0) return root;
    restartOrFail(getErrno(), "fsmount", [behind(fd), attributes]);
  }
}

/** ioctl(2) with memory as its argument. */
export function ioctlBuffer(fd: number, request: number, data: Uint8Array<ArrayBuffer>): number {
  for (;;) {
    const result = libc.ioctl_buffer(fd, BigInt(request), data);
    if (result >= 0) return result;
    restartOrFail(getErrno(), "ioctl", [behind(fd), `0x${request.toString(16)}`]);
  }
}

/** ioctl(2) with a number as its argument. */
export function ioctlValue(fd: number, request: number, value: number): number {
  for (;;) {
    const result = libc.ioctl_value(fd, BigInt(request), BigInt(value));
    if (result >= 0) return result;
    restartOrFail(getErrno(), "ioctl", [behind(fd), `0x${request.toString(16)}`, value]);
  }
}
