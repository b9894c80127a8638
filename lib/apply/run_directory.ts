/**
 * Owns RUN as the mark of "at most once per boot": making it together with its lock, and taking away what
 * a kill left of such a making.
 */

import { type ByteString, encodePath, splitPath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { close, fchmod, mkdirat, openat, renameat2, statx, unlinkat } from "../sys/calls.ts";
import { AT_REMOVEDIR, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, RENAME_NOREPLACE } from "../sys/flags.ts";
import { acquireLock, makeLockAt, tryLockAt } from "../sys/lock_file.ts";
import { isTemporaryName, makeTemporaryName, type Root, toFileStat } from "../sys/root.ts";
import { getLockPath, readRunState } from "../state/run_state.ts";
import { findDistrust } from "../state/trust.ts";

const DIRECTORY_MODE = 0o755;
const LOCK_NAME = encodePath("lock");
const EMPTY = encodePath("");
/** Making RUN loses against somebody who clears away what looks like a kill's leavings, or makes RUN first. */
const TRIES = 32;

/** RUN, held with its lock. */
export interface RunDirectory extends Disposable {
  /** Whether this process made it: nothing ran before in this boot. */
  isNew: boolean;
}

/**
 * Makes RUN and its missing parents with the lock held, or locks the one that is there. A new one appears
 * by rename with the lock already taken, so that nobody sees it without.
 *
 * @throws {TorcxError} `busy` if another process holds the lock.
 * @throws {TorcxError} `exists` if what has RUN's name is not torcx's.
 */
export function acquireRunDirectory(root: Root, settings: Settings, intent: string): RunDirectory {
  const path = encodePath(settings.runDir);
  const { parent } = splitPath(path);
  try {
    if (parent !== "") root.makeDirs(parent, DIRECTORY_MODE);
    removeLeavings(root, parent);
    for (let tries = 0; tries < TRIES; tries++) {
      const made = makeRunDirectory(root, path);
      if (made !== undefined) return { isNew: true, [Symbol.dispose]: () => made[Symbol.dispose]() };
      // Before the lock's file is made in it.
      const state = readRunState(root, settings, { isLocked: true });
      if (state.kind === "not_applied") continue;
      if (state.kind === "foreign") throw describeForeign(settings, intent, state);
      const lock = lockRunDirectory(root, settings, intent);
      if (lock !== undefined) return { isNew: false, [Symbol.dispose]: () => lock[Symbol.dispose]() };
    }
  } catch (cause) {
    if (!(cause instanceof TorcxError) || cause.message.startsWith(intent)) throw cause;
    throw new TorcxError(cause.code, `${intent}: ${quote(settings.runDir)} cannot be made or locked`, {
      cause,
    });
  }
  throw new TorcxError("busy", `${intent}: ${quote(settings.runDir)} comes and goes, ${TRIES} times`);
}

/** Takes RUN's lock; undefined if RUN has gone meanwhile. */
function lockRunDirectory(root: Root, settings: Settings, intent: string): Disposable | undefined {
  try {
    return acquireLock(root, getLockPath(settings), {
      intent,
      timeout: 0,
      hint: 'Wait for it to end, then look at "torcx status"',
    });
  } catch (error) {
    if (error instanceof TorcxError && isErrno(error.cause, "ENOENT")) return undefined;
    throw error;
  }
}

/**
 * Takes away a RUN that holds its lock alone, all at once: nobody finds it without the lock, which the
 * caller holds. Where RUN is a mount point or behind a symlink it stays, empty.
 */
export function removeRunDirectory(root: Root, settings: Settings): void {
  const path = encodePath(settings.runDir);
  root.withParent(path, (dir, name) => {
    const temporary = makeTemporaryName();
    try {
      if (root.lstat(path).type !== "directory") return root.unlink(getLockPath(settings));
      renameat2(dir, name, dir, temporary, RENAME_NOREPLACE);
    } catch (error) {
      if (!isErrno(error, "EBUSY")) throw error;
      return root.unlink(getLockPath(settings));
    }
    const fd = openat(dir, temporary, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    try {
      unlinkat(fd, LOCK_NAME);
    } finally {
      close(fd);
    }
    unlinkat(dir, temporary, AT_REMOVEDIR);
  });
}

/** Says that what has RUN's name is somebody else's, and what that is. */
export function describeForeign(
  { runDir, sources }: Settings,
  intent: string,
  { names, reason }: { names: readonly string[]; reason: string },
): TorcxError {
  const shown = names.slice(0, NAMES_SHOWN).map(quote);
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  const list = shown.length === 0 ? "" : ` (${shown.join(", ")})`;
  return new TorcxError(
    "exists",
    `${intent}: run directory ${quote(runDir)} is not torcx's own: ${reason}${list}`,
    {
      hint: `Nothing in it was touched. Move it away, or correct setting "run_dir" (from ${
        sources.get("run_dir") ?? "default"
      })`,
    },
  );
}

/** How many names an error lists. */
const NAMES_SHOWN = 5;

/** Returns the lock of a new RUN, undefined if there is one already. */
function makeRunDirectory(root: Root, path: ByteString): Disposable | undefined {
  if (root.findLstat(path) !== undefined) return undefined;
  return root.withParent(path, (dir, name) => {
    for (let tries = 0; tries < TRIES; tries++) {
      const temporary = makeTemporaryName();
      mkdirat(dir, temporary, 0o700);
      let lock: Disposable | undefined;
      try {
        lock = fillRunDirectory(dir, temporary);
        renameat2(dir, temporary, dir, name, RENAME_NOREPLACE);
        return lock;
      } catch (error) {
        lock?.[Symbol.dispose]();
        removeLeaving(dir, temporary);
        if (isErrno(error, "EEXIST")) return undefined;
        if (!isErrno(error, "ENOENT", "EAGAIN") || tries === TRIES - 1) throw error;
      }
    }
    return undefined;
  });
}

function fillRunDirectory(parent: number, name: ByteString): Disposable {
  const fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    fchmod(fd, DIRECTORY_MODE);
    return makeLockAt(fd, LOCK_NAME);
  } finally {
    close(fd);
  }
}

/** Removes directories beside RUN that a kill left before they became RUN. */
function removeLeavings(root: Root, parent: ByteString): void {
  const fd = root.open(parent, O_RDONLY | O_DIRECTORY);
  try {
    for (const { name } of root.readDir(parent)) if (isTemporaryName(name)) removeLeaving(fd, name);
  } finally {
    close(fd);
  }
}

/** Removes one of them, unless it is in use, or more is in it than its lock. It decides nothing. */
function removeLeaving(parent: number, name: ByteString): void {
  try {
    const fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    try {
      if (findDistrust(toFileStat(statx(fd, EMPTY))) !== undefined) return;
      if (!removeLock(fd)) return;
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
function removeLock(directory: number): boolean {
  try {
    using lock = tryLockAt(directory, LOCK_NAME);
    if (lock === undefined) return false;
    unlinkat(directory, LOCK_NAME);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
  return true;
}
