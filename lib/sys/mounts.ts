/**
 * Owns mounts and loop devices: a tmpfs, a squashfs file, remounting, unmounting, and the list of
 * what is mounted. Targets are used through a `Root`, so that a symlink cannot move a mount.
 */

import { isErrno, TorcxError } from "../errors.ts";
import { type ByteString, encodePath, splitPath } from "../bytes.ts";
import { close, fstatfs, ioctlBuffer, ioctlValue, mount, openat, umount2 } from "./calls.ts";
import type { FileSystemStat } from "./calls.ts";
import {
  AT_FDCWD,
  LO_FLAGS_AUTOCLEAR,
  LO_FLAGS_READ_ONLY,
  LOOP_CLR_FD,
  LOOP_CONFIGURE,
  LOOP_CTL_GET_FREE,
  LOOP_SET_FD,
  LOOP_SET_STATUS64,
  MNT_DETACH,
  MS_NODEV,
  MS_RDONLY,
  MS_REMOUNT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  UMOUNT_NOFOLLOW,
} from "./flags.ts";
import { type OpenFile, Root } from "./root.ts";

/** O_RDWR of open(2): loop devices want it even for read-only files before LOOP_CONFIGURE. */
const O_RDWR = 2;
/** Somebody else may take the free device first; losing this often means something is wrong. */
const LOOP_TRIES = 32;
/** sizeof(struct loop_config): fd, block size, struct loop_info64 (232 bytes at 8), 8 reserved u64. */
const LOOP_CONFIG_SIZE = 304;

function fdPath(fd: number): ByteString {
  return encodePath(`/proc/self/fd/${fd}`);
}

/** Limits of a tmpfs, as in tmpfs(5); the kernel's own where undefined. */
export interface TmpfsLimits {
  /** `size=`; by default half of the memory. */
  size?: string | undefined;
  /** `nr_inodes=`; by default one for two pages of the memory. */
  inodes?: string | undefined;
}

/**
 * Mounts a tmpfs (0755, nodev) on a directory inside a root.
 *
 * @throws {SyscallError} if the kernel refuses.
 */
export function mountTmpfs(root: Root, target: ByteString, { size, inodes }: TmpfsLimits = {}): void {
  withTarget(root, target, (path) => {
    const data = `mode=0755${size === undefined ? "" : `,size=${size}`}${
      inodes === undefined ? "" : `,nr_inodes=${inodes}`
    }`;
    mount(encodePath("tmpfs"), path, "tmpfs", MS_NODEV, data);
  });
}

/** Makes the tmpfs on a directory read-only. */
export function remountReadOnly(root: Root, target: ByteString): void {
  // Flags that are not repeated are dropped: nodev must be.
  withMountPoint(
    root,
    target,
    (path) => mount(undefined, path, undefined, MS_REMOUNT | MS_RDONLY | MS_NODEV, undefined),
  );
}

/**
 * Mounts a squashfs file read-only (nodev) on a directory inside a root, over a loop device that goes
 * with the mount.
 *
 * @throws {TorcxError} `unsupported` if there are no loop devices or no squashfs.
 * @throws {SyscallError} if the kernel refuses otherwise.
 */
export function mountSquashfs(root: Root, file: OpenFile, target: ByteString): void {
  const loop = attachLoop(file);
  try {
    withTarget(
      root,
      target,
      (path) => mount(encodePath(loop.path), path, "squashfs", MS_RDONLY | MS_NODEV, undefined),
    );
  } catch (error) {
    // Without a mount AUTOCLEAR lets the device go when its descriptor is closed.
    if (isErrno(error, "ENODEV")) {
      throw new TorcxError("unsupported", "Cannot mount squashfs: the kernel has no squashfs", {
        cause: error,
        hint: "Load the kernel module squashfs, or use a .torcx.tgz archive",
      });
    }
    throw error;
  } finally {
    // Only now: closing before the mount would free the device.
    close(loop.fd);
  }
}

/** Unmounts what is mounted on a directory; nothing mounted there is no error. */
export function unmount(root: Root, target: ByteString): void {
  withMountPoint(root, target, (path) => {
    try {
      umount2(path, UMOUNT_NOFOLLOW);
    } catch (error) {
      if (isErrno(error, "EINVAL", "ENOENT")) return;
      if (!isErrno(error, "EBUSY")) throw error;
      umount2(path, UMOUNT_NOFOLLOW | MNT_DETACH);
    }
  });
}

/** Returns size and free space of the file system that a directory is on. */
export function readSpace(root: Root, path: ByteString): FileSystemStat {
  const fd = root.open(path, O_PATH | O_DIRECTORY);
  try {
    return fstatfs(fd);
  } finally {
    close(fd);
  }
}

/** Calls `use` with a name of the directory itself, whatever is mounted or linked on the way. */
function withTarget(root: Root, target: ByteString, use: (path: ByteString) => void): void {
  const fd = root.open(target, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    use(fdPath(fd));
  } finally {
    close(fd);
  }
}

/** Calls `use` with a name through the parent: a descriptor of the mount itself would keep it busy. */
function withMountPoint(root: Root, target: ByteString, use: (path: ByteString) => void): void {
  const { parent, name } = splitPath(target);
  const fd = root.open(parent, O_PATH | O_DIRECTORY);
  try {
    use(`${fdPath(fd)}/${name}` as ByteString);
  } finally {
    close(fd);
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
    throw error;
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

/** One line of /proc/self/mountinfo. */
export interface MountInfo {
  /** Where it is mounted, as text. */
  target: string;
  type: string;
  source: string;
  /** Whether the mount or its file system is read-only. */
  isReadOnly: boolean;
}

/**
 * Lists the mounts of this process, in the order of mounting (proc(5), mountinfo).
 *
 * @throws {SyscallError} if /proc is not mounted.
 */
export function readMounts(): MountInfo[] {
  using host = Root.open("/");
  const text = new TextDecoder().decode(
    host.readFile(encodePath("/proc/thread-self/mountinfo"), 64 * 1024 * 1024),
  );
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const [left = "", right = ""] = line.split(" - ", 2);
    const fields = left.split(" ");
    const [type = "", source = "", superOptions = ""] = right.split(" ");
    const isReadOnly = (options: string): boolean => options.split(",").includes("ro");
    return {
      target: unescapeMountPath(fields[4] ?? ""),
      type,
      source: unescapeMountPath(source),
      isReadOnly: isReadOnly(fields[5] ?? "") || isReadOnly(superOptions),
    };
  });
}

function unescapeMountPath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
