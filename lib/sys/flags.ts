/**
 * Owns the kernel's numbers: open(2) flags and syscall numbers that differ by architecture, and
 * those that do not, spelled as in the kernel headers. It calls nothing.
 */

/** Flags and syscall numbers that are not the same on every architecture. */
export interface ArchitectureTable {
  O_DIRECTORY: number;
  O_NOFOLLOW: number;
  SYS_getdents64: number;
}

/**
 * One table per architecture. Sources: include/uapi/asm-generic/fcntl.h,
 * arch/arm64/include/uapi/asm/fcntl.h, and the syscall tables of both.
 */
export const ARCHITECTURES: Record<"x86_64" | "aarch64", ArchitectureTable> = {
  x86_64: { O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000, SYS_getdents64: 217 },
  // x86_64's O_NOFOLLOW value means O_LARGEFILE here: silently no protection at all.
  aarch64: { O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000, SYS_getdents64: 61 },
};

/** The table of the running architecture. */
export const ARCH: ArchitectureTable = ARCHITECTURES[Deno.build.arch as "x86_64" | "aarch64"];

export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
export const O_DIRECTORY: number = ARCH.O_DIRECTORY;
export const O_NOFOLLOW: number = ARCH.O_NOFOLLOW;
export const O_TMPFILE: number = 0o20000000 | O_DIRECTORY;

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_EMPTY_PATH = 0x1000;

/** 437 on every architecture since Linux 5.6 (the common part of the syscall tables). */
export const SYS_openat2 = 437;
export const RESOLVE_NO_XDEV = 0x01;
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
export const RESOLVE_IN_ROOT = 0x10;

export const MS_RDONLY = 1;
export const MS_NODEV = 4;
export const MS_REMOUNT = 32;
export const MS_REC = 16384;
export const MS_PRIVATE = 1 << 18;
/** include/uapi/linux/sched.h. */
export const CLONE_NEWNS = 0x20000;
export const MNT_DETACH = 2;
/** include/linux/statfs.h, f_flags. */
export const ST_RDONLY = 1;
export const UMOUNT_NOFOLLOW = 8;

/** include/uapi/linux/mount.h; the calls have one number on every architecture since Linux 5.2. */
export const SYS_fsopen = 430;
export const SYS_fsconfig = 431;
export const SYS_fsmount = 432;
export const FSOPEN_CLOEXEC = 1;
export const FSMOUNT_CLOEXEC = 1;
export const FSCONFIG_SET_FLAG = 0;
export const FSCONFIG_SET_STRING = 1;
export const FSCONFIG_CMD_CREATE = 6;
export const MOUNT_ATTR_RDONLY = 1;
export const MOUNT_ATTR_NODEV = 4;

/** lseek(2). */
export const SEEK_SET = 0;
export const SEEK_END = 2;

/** include/uapi/linux/fs.h. */
export const RENAME_NOREPLACE = 1;

export const LOCK_EX = 2;
export const LOCK_NB = 4;

export const S_IFMT = 0o170000;
/** The mask of all permission bits, setuid, setgid and sticky included. */
export const PERMISSION_BITS = 0o7777;

/** include/uapi/linux/loop.h. */
export const LOOP_SET_FD = 0x4c00;
export const LOOP_CLR_FD = 0x4c01;
export const LOOP_SET_STATUS64 = 0x4c04;
export const LOOP_CONFIGURE = 0x4c0a;
export const LOOP_CTL_GET_FREE = 0x4c82;
export const LO_FLAGS_READ_ONLY = 1;
export const LO_FLAGS_AUTOCLEAR = 4;
