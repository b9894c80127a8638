/**
 * Owns mounts: a tmpfs, remounting, unmounting, and the list of what is mounted. Targets are used
 * through a `Root`, so that a symlink cannot move a mount.
 */

import { isErrno } from "../errors.ts";
import { type ByteString, encodePath, splitPath } from "../bytes.ts";
import { close, type FileSystemStat, fstatfs, mount, umount2 } from "./calls.ts";
import {
  MNT_DETACH,
  MS_NODEV,
  MS_RDONLY,
  MS_REMOUNT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  UMOUNT_NOFOLLOW,
} from "./flags.ts";
import type { Root } from "./root.ts";

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
  withTarget({ root, target }, (path) => {
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
    { root, target },
    (path) => mount(undefined, path, undefined, MS_REMOUNT | MS_RDONLY | MS_NODEV, undefined),
  );
}

/** Unmounts what is mounted on a directory; nothing mounted there is no error. */
export function unmount(root: Root, target: ByteString): void {
  withMountPoint({ root, target }, (path) => {
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
export function withTarget(
  { root, target }: { root: Root; target: ByteString },
  use: (path: ByteString) => void,
): void {
  const fd = root.open(target, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    use(fdPath(fd));
  } finally {
    close(fd);
  }
}

/** Calls `use` with a name through the parent: a descriptor of the mount itself would keep it busy. */
function withMountPoint(
  { root, target }: { root: Root; target: ByteString },
  use: (path: ByteString) => void,
): void {
  const { parent, name } = splitPath(target);
  const fd = root.open(parent, O_PATH | O_DIRECTORY);
  try {
    use(`${fdPath(fd)}/${name}` as ByteString);
  } finally {
    close(fd);
  }
}
