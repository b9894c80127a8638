/**
 * Owns loop devices: whether there are any, and binding a file to a free one, read-only, for as long as
 * it is used.
 */

import { isErrno, TorcxError } from "../errors.ts";
import { encodePath } from "../bytes.ts";
import { close, ioctlBuffer, ioctlValue, openat } from "./calls.ts";
import {
  AT_FDCWD,
  LO_FLAGS_AUTOCLEAR,
  LO_FLAGS_READ_ONLY,
  LOOP_CLR_FD,
  LOOP_CONFIGURE,
  LOOP_CTL_GET_FREE,
  LOOP_SET_FD,
  LOOP_SET_STATUS64,
  O_RDWR,
} from "./flags.ts";
import type { OpenFile } from "./open_file.ts";

/** Somebody else may take the free device first; losing this often means something is wrong. */
const LOOP_TRIES = 32;
/** sizeof(struct loop_config): fd, block size, struct loop_info64 (232 bytes at 8), 8 reserved u64. */
const LOOP_CONFIG_SIZE = 304;

/** Calls `use` with the path of a loop device that is bound to a file. */
export function withLoop<T>(file: OpenFile, use: (device: string) => T): T {
  const loop = attachLoop(file);
  try {
    return use(loop.path);
  } finally {
    // Only now: closing before the mount would free the device. Without a mount AUTOCLEAR lets it go.
    close(loop.fd);
  }
}

interface LoopDevice {
  fd: number;
  path: string;
}

/** Finds out whether loop devices can be had; opening the static node loads the module. */
export function hasLoopDevices(): boolean {
  try {
    close(openat(AT_FDCWD, encodePath("/dev/loop-control"), O_RDWR));
    return true;
  } catch (error) {
    // No static node, no module behind it, or not for this user; all else says nothing about loop devices.
    if (isErrno(error, "ENOENT", "ENOTDIR", "ENXIO", "ENODEV", "EACCES", "EPERM")) return false;
    throw new TorcxError("failed", "Cannot find out whether there are loop devices", { cause: error });
  }
}

function attachLoop(file: OpenFile): LoopDevice {
  let control: number;
  try {
    control = openat(AT_FDCWD, encodePath("/dev/loop-control"), O_RDWR);
  } catch (error) {
    throw new TorcxError("unsupported", "Cannot get a loop device: /dev/loop-control does not open", {
      cause: error,
      hint: "Load the kernel module loop (modprobe loop), or use a .torcx.tgz archive",
    });
  }
  try {
    for (let tries = 0; tries < LOOP_TRIES; tries++) {
      const path = `/dev/loop${ioctlValue(control, LOOP_CTL_GET_FREE, 0)}`;
      const fd = openat(AT_FDCWD, encodePath(path), O_RDWR);
      try {
        configureLoop(fd, file.fd);
        return { fd, path };
      } catch (error) {
        close(fd);
        if (!isErrno(error, "EBUSY")) throw error;
      }
    }
  } finally {
    close(control);
  }
  throw new TorcxError(
    "busy",
    `Cannot get a loop device: each free one was taken first, ${LOOP_TRIES} times`,
  );
}

/** Binds a file to a loop device, read-only, freed with its last user. */
function configureLoop(loop: number, file: number): void {
  const config = new Uint8Array(LOOP_CONFIG_SIZE);
  const view = new DataView(config.buffer);
  view.setUint32(0, file, true);
  view.setUint32(60, LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR, true);
  try {
    ioctlBuffer(loop, LOOP_CONFIGURE, config);
    return;
  } catch (error) {
    // Before Linux 5.8 there is no LOOP_CONFIGURE.
    if (!isErrno(error, "EINVAL", "ENOTTY", "ENOSYS")) throw error;
  }
  ioctlValue(loop, LOOP_SET_FD, file);
  try {
    ioctlBuffer(loop, LOOP_SET_STATUS64, config.slice(8, 240));
  } catch (error) {
    ioctlValue(loop, LOOP_CLR_FD, 0);
    throw error;
  }
}
