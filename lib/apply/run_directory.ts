/**
 * Owns RUN as the mark of "at most once per boot": making it together with its exclusive lock, and
 * the journal that lets a run which was killed be taken back. `apply.ts` is its caller.
 */

import { type ByteString, encodePath, splitPath } from "../bytes.ts";
import { isErrno, TorcxError } from "../errors.ts";
import type { Settings } from "../config/settings.ts";
import type { ApplyMode } from "../manifest/report.ts";
import { close, fchmod, flock, mkdirat, openat, renameat2, unlinkat } from "../sys/calls.ts";
import {
  AT_REMOVEDIR,
  LOCK_EX,
  LOCK_NB,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_RDONLY,
  RENAME_NOREPLACE,
} from "../sys/flags.ts";
import { makeTemporaryName, type Root } from "../sys/root.ts";
import type { Operation } from "./operations.ts";

const DIRECTORY_MODE = 0o755;

/** RUN, held with its lock. */
export interface RunDirectory extends Disposable {
  /** Whether this process made it: nothing ran before in this boot. */
  isNew: boolean;
}

/**
 * Makes RUN and its missing parents with the lock held, or opens the one that is there and locks it.
 * A new one appears by rename with the lock already taken, so that nobody sees it without.
 *
 * @throws {TorcxError} `busy` if another process holds the lock.
 */
export function acquireRunDirectory(root: Root, settings: Settings): RunDirectory {
  const path = encodePath(settings.runDir);
  const { parent } = splitPath(path);
  if (parent !== "") root.makeDirs(parent, DIRECTORY_MODE);
  const fd = makeLocked(root, path);
  if (fd !== undefined) return hold(fd, true);
  const existing = root.open(path, O_RDONLY | O_DIRECTORY);
  try {
    lock(existing);
  } catch (error) {
    close(existing);
    throw error;
  }
  return hold(existing, false);
}

function hold(fd: number, isNew: boolean): RunDirectory {
  return { isNew, [Symbol.dispose]: () => close(fd) };
}

/** Returns the locked descriptor of a new RUN, undefined if there is one already. */
function makeLocked(root: Root, path: ByteString): number | undefined {
  if (root.findLstat(path) !== undefined) return undefined;
  return root.withParent(path, (dir, name) => {
    const temporary = makeTemporaryName();
    mkdirat(dir, temporary, 0o700);
    let fd: number | undefined;
    try {
      fd = openat(dir, temporary, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      fchmod(fd, DIRECTORY_MODE);
      lock(fd);
      renameat2(dir, temporary, dir, name, RENAME_NOREPLACE);
      return fd;
    } catch (error) {
      if (fd !== undefined) close(fd);
      unlinkat(dir, temporary, AT_REMOVEDIR);
      if (isErrno(error, "EEXIST")) return undefined;
      throw error;
    }
  });
}

function lock(fd: number): void {
  try {
    flock(fd, LOCK_EX | LOCK_NB);
  } catch (error) {
    if (!isErrno(error, "EAGAIN")) throw error;
    throw new TorcxError("busy", "Cannot apply: another torcx is at work", {
      hint: 'Wait for it to end, then look at "torcx status"',
    });
  }
}

/** What a run is about to do; it lies in RUN while the run lasts. */
export interface Journal {
  mode: ApplyMode;
  operations: Operation[];
}

/** Returns the path of the journal. */
export function getJournalPath(settings: Settings): ByteString {
  return encodePath(`${settings.runDir}/journal.json`);
}

/** Writes the journal, before the first of its operations is carried out. */
export function writeJournal(root: Root, settings: Settings, journal: Journal): void {
  // Byte strings hold one character per byte, which JSON keeps as it is.
  const text = new TextEncoder().encode(JSON.stringify(journal));
  root.writeFileAtomic(getJournalPath(settings), text, 0o600);
}

/** The journal of a large profile: a line per propagated file. */
const JOURNAL_BYTES_MAX = 64 * 1024 * 1024;

/** Reads the journal of a run that was killed; undefined if there is none that can be read. */
export function readJournal(root: Root, settings: Settings): Journal | undefined {
  try {
    return JSON.parse(
      new TextDecoder().decode(root.readFile(getJournalPath(settings), JOURNAL_BYTES_MAX)),
    ) as Journal;
  } catch (error) {
    // It was written by rename: it is there whole or not at all, unless memory ran out.
    if (error instanceof SyntaxError || isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Removes the journal: what it says is done, or taken back. */
export function removeJournal(root: Root, settings: Settings): void {
  const path = getJournalPath(settings);
  if (root.findLstat(path) !== undefined) root.unlink(path);
}
