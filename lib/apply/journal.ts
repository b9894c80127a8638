/**
 * Owns writing and removing RUN/`journal.json`: what a run is about to do, so that one that was killed can be
 * taken back.
 */

import type { System } from "../config/system.ts";
import { listMessages, TorcxError } from "../errors.ts";
import { encodeJournal, type Journal } from "../manifest/journal.ts";
import { getJournalPath } from "../state/journal.ts";

/** Mode of the file: nobody else has to read it. */
const JOURNAL_MODE = 0o600;

/** Writes the journal, before the first of its operations is carried out. */
export function writeJournal({ root, settings }: System, journal: Journal): void {
  root.writeFileAtomic(
    getJournalPath(settings),
    new TextEncoder().encode(encodeJournal(journal)),
    { mode: JOURNAL_MODE },
  );
}

/** Removes the journal: what it says is done, or taken back. */
export function removeJournal({ root, settings }: System): void {
  const path = getJournalPath(settings);
  if (root.findLstat(path) !== undefined) root.unlink(path);
}

/** As {@linkcode removeJournal} once the system is sealed: what fails is told, and decides nothing. */
export function dropJournal(system: System): void {
  const { log } = system;
  try {
    removeJournal(system);
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    log.warning(`sealed, but the journal cannot be removed: ${listMessages(error).join(": ")}`);
  }
}
