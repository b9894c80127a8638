/** Owns the sentences of 03-archives.md that no archive of this directory shows, and the tests that stand for them. */

/** By the page's own words: the files that test it; none where it is history or points elsewhere. */
export const ELSEWHERE: Record<string, readonly string[]> = {
  "(first never read the trailer.)": [],
  // An archive of so many entries is told from its reader alone, one with a file system of its own by root alone.
  "entries 4 million;": ["tests/archives/limits_test.ts"],
  "the tmpfs limits the bytes and inodes.": ["tests/archives/limits_test.ts"],
  "One `Root` handle per image: a fresh directory that nobody else writes, an O_PATH fd;": [
    "tests/unit/image/extract_test.ts",
    "tests/unit/sys/root_test.ts",
  ],
  "Only sync FFI; bytes, not strings, for paths. errno: `__errno_location()` right after.": [
    "tests/unit/sys/call_arguments_test.ts",
  ],
  "openat2 number 437 on x86_64 and aarch64; struct open_how is 24 bytes {u64 flags, mode, resolve}; resolve bits NO_XDEV 1, NO_MAGICLINKS 2, NO_SYMLINKS 4, BENEATH 8, IN_ROOT 0x10. mode ≠ 0 without O_CREAT is EINVAL. EAGAIN: bounded retry.":
    ["tests/unit/sys/resolve_test.ts", "tests/unit/sys/call_arguments_test.ts"],
  "**Flags differ by architecture**: O_DIRECTORY 0200000 and O_NOFOLLOW 0400000 on x86_64, but 040000 and 0100000 on aarch64 (x86's O_NOFOLLOW value there silently means O_LARGEFILE). Keep a table per architecture, test both tables. Use libc's functions where libc has them (openat, mkdirat, linkat, statx, …), `syscall` only for openat2, fchmodat2.":
    ["tests/unit/sys/flags_test.ts", "tests/packaging/aarch64_test.ts"],
  'On O_PATH fds fchown, fchmod, futimens and fsetxattr fail with EBADF; fchownat, utimensat, linkat, statx with "" and AT_EMPTY_PATH work; chmod and setxattr through `/proc/self/fd/N` work. statx: uid at 20, gid 24, mode (u16) 28, ino 32, size 40.':
    ["tests/unit/sys/call_arguments_test.ts", "tests/unit/image/writer/metadata_test.ts"],
  "Loop: LOOP_CTL_GET_FREE 0x4C82 on /dev/loop-control → open /dev/loopN → LOOP_CONFIGURE 0x4C0A (304-byte struct: fd u32 at 0, lo_flags u32 at 60: READ_ONLY 1 | AUTOCLEAR 4; EBUSY: take a new one) → mount → close the loop fd only after the mount. Fallback LOOP_SET_FD 0x4C00 + LOOP_SET_STATUS64 0x4C04. squashfs needs MS_RDONLY there.":
    ["tests/unit/sys/mounts_test.ts"],
  "mount flags: RDONLY 1, NOSUID 2, NODEV 4, REMOUNT 32, BIND 4096. Unpack tmpfs: `mode=0755,size=…`, MS_NODEV. Remounting read-only drops every flag that is not repeated; it is EBUSY while any fd below is open for writing; mounts inside stay as they are.":
    ["tests/unit/sys/mounts_test.ts"],
  "FIFO or device as manifest: open with O_NONBLOCK|O_NOCTTY, demand a regular file, cap the size (1 MiB).": [
    "tests/unit/sys/root_test.ts",
    "tests/unit/image/assets_test.ts",
  ],
  "`../corpus/INDEX.tsv` lists archives of peers' test suites and generated ones with the expected outcome (`ok`, `reject`, `contain` = may fail or land inside, nothing outside may change, `policy` = this page decides) and what tar, bsdtar and first did; `FILE.list` holds the listing.":
    ["tests/unit/archive/corpus_test.ts"],
};
