/**
 * Owns directories that appear with their lock held and go with it: made beside their place and renamed, so
 * that nobody finds one without its lock; and taking away what a kill left of such a making. It refuses to
 * know what they are for.
 */

import { type ByteString, joinPath } from "../bytes.ts";
import { isErrno, TorcxError } from "../errors.ts";
import { isTemporaryName, makeTemporaryName } from "./atomic_file.ts";
import { close, fchmod, mkdirat, openat, renameat2, unlinkat } from "./calls.ts";
import { type FileStat, readDescriptorStat } from "./file_stat.ts";
import { AT_REMOVEDIR, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, RENAME_NOREPLACE } from "./flags.ts";
import { makeLockAt, tryLockAt } from "./lock_file.ts";
import type { Root } from "./root.ts";

/** Making one loses against somebody who clears away what looks like a kill's leavings. */
const TRIES = 32;

/**
 * Makes a directory with its lock held; it appears by rename, so that nobody sees it without.
 *
 * @returns the lock; undefined if there is something of that name already.
 */
export function makeLockedDirectory(
  root: Root,
  path: ByteString,
  { lockName, mode }: { lockName: ByteString; mode: number },
): Disposable | undefined {
  if (root.findLstat(path) !== undefined) return undefined;
  return root.withParent(path, (dir, name) => {
    for (let tries = 0; tries < TRIES; tries++) {
      const temporary = makeTemporaryName();
      mkdirat(dir, temporary, 0o700);
      let lock: Disposable | undefined;
      try {
        lock = fillDirectory(dir, temporary, { lockName, mode });
        renameat2(dir, temporary, dir, name, RENAME_NOREPLACE);
        return lock;
      } catch (error) {
        lock?.[Symbol.dispose]();
        removeLeaving(dir, temporary, { lockName, isOwn: () => true });
        if (isErrno(error, "EEXIST")) return undefined;
        if (!isErrno(error, "ENOENT", "EAGAIN") || tries === TRIES - 1) throw error;
      }
    }
    return undefined;
  });
}

function fillDirectory(
  parent: number,
  name: ByteString,
  { lockName, mode }: { lockName: ByteString; mode: number },
): Disposable {
  const fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    fchmod(fd, mode);
    return makeLockAt(fd, lockName);
  } finally {
    close(fd);
  }
}

/**
 * Takes away a directory that holds its lock alone, all at once: nobody finds it without the lock, which the
 * caller holds. Where it is a mount point or behind a symlink it stays, empty.
 */
export function removeLockedDirectory(
  root: Root,
  path: ByteString,
  { lockName }: { lockName: ByteString },
): void {
  root.withParent(path, (dir, name) => {
    const temporary = makeTemporaryName();
    const lockPath = joinPath(path, lockName);
    try {
      if (root.lstat(path).type !== "directory") return root.unlink(lockPath);
      renameat2(dir, name, dir, temporary, RENAME_NOREPLACE);
    } catch (error) {
      if (!isErrno(error, "EBUSY")) throw error;
      return root.unlink(lockPath);
    }
    const fd = openat(dir, temporary, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    try {
      unlinkat(fd, lockName);
    } finally {
      close(fd);
    }
    unlinkat(dir, temporary, AT_REMOVEDIR);
  });
}

/**
 * Removes directories that a kill left before {@linkcode makeLockedDirectory} renamed them.
 *
 * @param isOwn whether what a directory is lets it be removed.
 */
export function removeLeavings(
  root: Root,
  parent: ByteString,
  { lockName, isOwn }: { lockName: ByteString; isOwn: (stat: FileStat) => boolean },
): void {
  const fd = root.open(parent, O_RDONLY | O_DIRECTORY);
  try {
    for (const { name } of root.readDir(parent)) {
      if (isTemporaryName(name)) removeLeaving(fd, name, { lockName, isOwn });
    }
  } finally {
    close(fd);
  }
}

/** Removes one of them, unless it is in use, or more is in it than its lock. It decides nothing. */
function removeLeaving(
  parent: number,
  name: ByteString,
  { lockName, isOwn }: { lockName: ByteString; isOwn: (stat: FileStat) => boolean },
): void {
  try {
    const fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    try {
      if (!isOwn(readDescriptorStat(fd)) || !removeLock(fd, lockName)) return;
    } finally {
      close(fd);
    }
    unlinkat(parent, name, AT_REMOVEDIR);
  } catch (error) {
    // What stays is in nobody's way.
    if (!(error instanceof TorcxError)) throw error;
  }
}

/** Removes the lock in a directory; false if somebody holds it. */
function removeLock(directory: number, lockName: ByteString): boolean {
  try {
    using lock = tryLockAt(directory, lockName);
    if (lock === undefined) return false;
    unlinkat(directory, lockName);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  return true;
}
