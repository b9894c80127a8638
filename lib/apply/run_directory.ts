/**
 * Owns RUN as the mark of "at most once per boot": making it together with its lock, and taking away what
 * a kill left of such a making.
 */

import { encodePath, splitPath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { acquireLock } from "../sys/lock_file.ts";
import { makeLockedDirectory, removeLeavings, removeLockedDirectory } from "../sys/locked_directory.ts";
import { getLockPath, readRunState } from "../state/run_state.ts";
import { findDistrust } from "../state/trust.ts";

const DIRECTORY_MODE = 0o755;
const LOCK_NAME = encodePath("lock");
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
export function acquireRunDirectory(system: System, intent: string): RunDirectory {
  const { root, settings } = system;
  const path = encodePath(settings.runDir);
  const { parent } = splitPath(path);
  try {
    if (parent !== "") root.makeDirs(parent, DIRECTORY_MODE);
    removeLeavings(root, parent, { lockName: LOCK_NAME, isOwn: (stat) => findDistrust(stat) === undefined });
    for (let tries = 0; tries < TRIES; tries++) {
      const made = makeLockedDirectory(root, path, { lockName: LOCK_NAME, mode: DIRECTORY_MODE });
      if (made !== undefined) return { isNew: true, [Symbol.dispose]: () => made[Symbol.dispose]() };
      // Before the lock's file is made in it.
      const state = readRunState(system, { isLocked: true });
      if (state.kind === "not_applied") continue;
      if (state.kind === "foreign") throw describeForeign(settings, intent, state);
      const lock = lockRunDirectory(system, intent);
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
function lockRunDirectory({ root, settings }: System, intent: string): Disposable | undefined {
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
export function removeRunDirectory({ root, settings }: System): void {
  removeLockedDirectory(root, encodePath(settings.runDir), { lockName: LOCK_NAME });
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
  const wayOut = shown.length === 0 ? "Mend that" : `Move what is named out of ${quote(runDir)}`;
  return new TorcxError(
    "exists",
    `${intent}: run directory ${quote(runDir)} is not torcx's own: ${reason}${list}`,
    {
      hint: `Nothing in it was touched. ${wayOut}, or correct setting "run_dir" (from ${
        sources.get("run_dir") ?? "default"
      })`,
    },
  );
}

/** How many names an error lists. */
const NAMES_SHOWN = 5;
