/**
 * Owns squashfs mounts: a file on a directory, or only tried; and what the kernel says of one that it
 * refuses.
 */

import { isErrno, quote, SyscallError, TorcxError } from "../errors.ts";
import { type ByteString, encodePath } from "../bytes.ts";
import { close, fsconfig, fsmount, fsopen, mount, read, statx } from "./calls.ts";
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_RDONLY,
  MS_NODEV,
  MS_RDONLY,
} from "./flags.ts";
import { type KernelLog, openKernelLog } from "./kernel_log.ts";
import { withLoop } from "./loop_devices.ts";
import { withTarget } from "./mounts.ts";
import { type FileStat, toFileStat } from "./file_stat.ts";
import type { OpenFile } from "./open_file.ts";
import type { Root } from "./root.ts";

/**
 * Mounts a squashfs file read-only (nodev) on a directory inside a root, over a loop device that goes
 * with the mount.
 *
 * @param what how messages call it.
 * @throws {TorcxError} `unsupported` if there are no loop devices or no squashfs, else with what the
 * kernel says in its log.
 */
export function mountSquashfs(
  root: Root,
  { file, target, what = "squashfs" }: { file: OpenFile; target: ByteString; what?: string },
): void {
  withLoop(file, (device) => {
    using log = openKernelLog();
    try {
      withTarget(
        { root, target },
        (path) => mount(encodePath(device), path, "squashfs", MS_RDONLY | MS_NODEV, undefined),
      );
    } catch (cause) {
      throw describeRefusal(what, cause, pickMessages(log, device));
    }
  });
}

/**
 * Has the kernel read a squashfs file as for a mount, and tells what its root directory is, without a
 * mount that anybody could see.
 *
 * @returns undefined where the kernel (before Linux 5.2) or a seccomp filter does not let it be tried.
 * @throws {TorcxError} as {@linkcode mountSquashfs}.
 */
export function trySquashfs(file: OpenFile, what = "squashfs"): FileStat | undefined {
  return withLoop(file, (device) => {
    using log = openKernelLog();
    let context: number | undefined;
    let root: number | undefined;
    try {
      context = fsopen("squashfs");
      fsconfig(context, FSCONFIG_SET_STRING, "source", device);
      fsconfig(context, FSCONFIG_SET_FLAG, "ro");
      fsconfig(context, FSCONFIG_CMD_CREATE);
      root = fsmount(context, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
      return toFileStat(statx(root, encodePath("")));
    } catch (cause) {
      if (isErrno(cause, "ENOSYS", "EPERM")) return undefined;
      const said = context === undefined ? [] : readContextMessages(context);
      throw describeRefusal(what, cause, [...pickMessages(log, device), ...said]);
    } finally {
      if (root !== undefined) close(root);
      if (context !== undefined) close(context);
    }
  });
}

/** Messages of the kernel's log that may be of a mount: other programs and mounts have theirs. */
function pickMessages(log: KernelLog, device: string): string[] {
  const name = device.slice("/dev/".length);
  const isOurs = new RegExp(`squashfs|compression|index table|\\b${name}\\b`, "i");
  return log.readNew().filter((text) => isOurs.test(text) && !text.includes("capacity change"));
}

/** Messages that a file system context keeps, one per read: `e TEXT` for errors. */
function readContextMessages(context: number): string[] {
  const messages: string[] = [];
  const buffer = new Uint8Array(1024);
  try {
    for (let count = read(context, buffer); count > 0; count = read(context, buffer)) {
      messages.push(new TextDecoder().decode(buffer.subarray(0, count)).replace(/^[a-z] |\n$/g, ""));
    }
  } catch (error) {
    // ENODATA: there are no more.
    if (!(error instanceof SyscallError)) throw error;
  }
  return messages;
}

function describeRefusal(what: string, cause: unknown, messages: readonly string[]): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  if (cause.errno === "ENODEV") {
    return new TorcxError("unsupported", `Cannot mount ${what}: the kernel has no squashfs`, {
      cause,
      hint: "Load the kernel module squashfs, or use a .torcx.tgz archive",
    });
  }
  const words = messages.length === 0
    ? "the kernel refuses it, and does not say why"
    : `the kernel says ${[...new Set(messages)].map(quote).join(", ")}`;
  // A check of the head alone cannot see damage behind it.
  const hint = cause.errno === "EIO" ? { hint: "Replace the archive by a sound copy" } : {};
  return new TorcxError(cause.code, `Cannot mount ${what}: ${words}`, { cause, ...hint });
}
