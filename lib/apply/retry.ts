/**
 * Owns starting clean after an earlier run: what its journal and its report say is taken back, and what
 * torcx itself names in RUN goes. Whatever else is there is left, named, and nothing is begun.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import { quote, TorcxError } from "../errors.ts";
import { acquireLock } from "../sys/lock_file.ts";
import { unmount } from "../sys/mounts.ts";
import type { Root } from "../sys/root.ts";
import type { Journal } from "../manifest/journal.ts";
import { isTreeLink } from "../state/asset_faults.ts";
import { getJournalPath, readJournal } from "../state/journal.ts";
import { listRecordedOperations } from "./record.ts";
import { describeForeign, removeRunDirectory } from "./run_directory.ts";
import { findReport, getLockPath, isRunName, readRunState, type RunState } from "../state/run_state.ts";
import { findDirectoryStat } from "../sys/directory_stat.ts";
import { removeTemporaries } from "./operations/temporaries.ts";
import { undoOperations } from "./undo.ts";

const INTENT = "Cannot take back the earlier run";
const RESTART_HINT = "Restart the system: all that torcx makes is gone then";
/** Mounts may lie on one another; more than this is somebody who mounts faster than we unmount. */
const MOUNTS_MAX = 64;

/**
 * Takes back an earlier run by its own record, RUN included, unless it is sealed and sound: after a soft
 * reboot, before the profile is applied anew.
 *
 * @returns whether there was something to take back.
 * @throws {TorcxError} `busy` if a run is at work, else as {@linkcode recover}.
 */
export function takeBackEarlierRun(system: System): boolean {
  const { root, settings } = system;
  if (!isTakenBack(readRunState(system))) return false;
  using _lock = acquireLock(root, getLockPath(settings), { intent: INTENT, timeout: 0 });
  // Whoever held the lock before may have done it all.
  const state = readRunState(system, { isLocked: true });
  if (!isTakenBack(state)) return false;
  recover(system, state);
  removeRunDirectory(system);
  return true;
}

function isTakenBack({ kind }: RunState): boolean {
  return kind !== "sealed" && kind !== "not_applied";
}

/**
 * Takes back what an earlier run did, in RUN and outside it. RUN itself and its lock, which the caller
 * holds, stay.
 *
 * @returns what was left because it is not what torcx made, as messages; they are logged too.
 * @throws {TorcxError} `exists` if RUN holds what torcx did not make; nothing was touched.
 * @throws {TorcxError} `invalid` if the journal cannot be used; nothing was touched.
 * @throws {TorcxError} `failed` if something cannot be taken back: a run on top would mix both.
 */
export function recover(system: System, state: RunState): string[] {
  const { settings, log } = system;
  if (state.kind === "foreign") throw describeForeign(settings, INTENT, state);
  try {
    const journal = readJournal(system);
    refuseForeign(system);
    const messages = takeBack(system, journal, state);
    for (const message of messages) log.warning(message);
    log.info("took back what an earlier run had left");
    return messages;
  } catch (cause) {
    if (!(cause instanceof TorcxError) || cause.message.startsWith(INTENT)) throw cause;
    throw new TorcxError(cause.code, `${INTENT}: what is in ${quote(settings.runDir)} cannot be removed`, {
      cause,
      hint: RESTART_HINT,
    });
  }
}

function takeBack(
  system: System,
  journal: Journal | undefined,
  { kind }: RunState,
): string[] {
  const { root, settings } = system;
  const { paths } = settings;
  const seal = encodePath(paths.seal);
  // Half a run is never sealed. After a soft reboot nothing is there that the seal speaks of, and it is
  // what tells of that reboot if this is cut off.
  const isSealLast = kind === "unmounted";
  if (!isSealLast) removeFile(root, seal);
  // Before the directory, which may be the run's own: a kill during the last step leaves it there.
  removeTemporaries(root, splitPath(seal).parent);
  const { operations, ignored } = listRecordedOperations(settings, findReport(system));
  const { faults, left } = undoOperations(
    root,
    [...operations, ...journal?.operations ?? []].filter((operation) => operation.kind !== "write_seal"),
  );
  if (faults.length > 0) {
    throw new TorcxError("failed", `${INTENT}: ${faults.length} steps stay`, {
      cause: new AggregateError(faults),
      hint: RESTART_HINT,
    });
  }
  clearTrees(system);
  removeFile(root, encodePath(paths.runProfile));
  removeTemporaries(root, encodePath(settings.runDir));
  if (isSealLast) removeFile(root, seal);
  removeFile(root, encodePath(paths.report));
  removeFile(root, getJournalPath(settings));
  return [...ignored, ...left];
}

/** Refuses a RUN that holds more than torcx makes there. */
function refuseForeign({ root, settings }: System): void {
  const { binDir, unpackDir } = settings.paths;
  const run = encodePath(settings.runDir);
  const names: string[] = [];
  for (const { name, type } of root.readDir(run)) {
    const isDirectory = type === "directory";
    const isKnown = isRunName(name) && isDirectory === (name === "bin" || name === "unpack");
    if (!isKnown) names.push(decodePath(name));
  }
  for (const directory of [binDir, unpackDir]) {
    const path = encodePath(directory);
    const tree = findDirectoryStat(root, path);
    if (tree === undefined) continue;
    const isUnpackDir = directory === unpackDir;
    if (tree.isMounted) {
      // torcx mounts on the one and never on the other.
      if (!isUnpackDir) names.push("bin, which is a mount");
      continue;
    }
    for (const { name } of root.readDir(path)) {
      const isOwn = !isUnpackDir && isTreeLink(root, { unpackDir, path: joinPath(path, name) });
      if (!isOwn) names.push(decodePath(joinPath(splitPath(path).name, name)));
    }
  }
  if (names.length === 0) return;
  throw describeForeign(settings, INTENT, { names, reason: "torcx did not make all that is in it" });
}

/** Removes links and trees that no record tells of, as after a kill before the journal. */
function clearTrees({ root, settings }: System): void {
  const { binDir, unpackDir } = settings.paths;
  const [bin, unpack] = [encodePath(binDir), encodePath(unpackDir)];
  if (findDirectoryStat(root, bin) !== undefined) {
    for (const { name } of root.readDir(bin)) root.unlink(joinPath(bin, name));
    root.removeDir(bin);
  }
  for (let tries = 0; findDirectoryStat(root, unpack)?.isMounted === true; tries++) {
    if (tries === MOUNTS_MAX) throw new TorcxError("busy", `${quote(unpackDir)} is mounted again and again`);
    for (const { name, type } of root.readDir(unpack)) {
      if (type === "directory") unmount(root, joinPath(unpack, name));
    }
    unmount(root, unpack);
  }
  if (findDirectoryStat(root, unpack) !== undefined) root.removeDir(unpack);
}

function removeFile(root: Root, path: ByteString): void {
  if (root.findLstat(path) !== undefined) root.unlink(path);
}
