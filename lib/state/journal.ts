/**
 * Owns reading RUN/`journal.json`. It is believed only as far as nobody else could have written it, and what
 * torcx would not do is refused.
 */

import { join } from "@std/path/posix/join";
import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import { isErrno, listMessages, quote, TorcxError } from "../errors.ts";
import { type Journal, parseJournal } from "../manifest/journal.ts";
import { decodeText } from "../manifest/json.ts";
import { isKnownTarget } from "./targets.ts";
import { findDistrust } from "./trust.ts";

/** The journal of a large profile: a line per propagated file. */
const JOURNAL_BYTES_MAX = 64 * 1024 * 1024;

/** Returns the path of the journal. */
export function getJournalPath(settings: Settings): ByteString {
  return encodePath(join(settings.runDir, "journal.json"));
}

/**
 * Reads the journal of a run that was killed; undefined if there is none.
 *
 * @throws {TorcxError} `invalid` if it cannot be believed, or says what no torcx does.
 */
export function readJournal({ root, settings }: System): Journal | undefined {
  const path = getJournalPath(settings);
  const name = decodePath(path);
  try {
    const stat = root.findLstat(path);
    if (stat === undefined) return undefined;
    const distrust = stat.type === "file" ? findDistrust(stat) : `it is a ${stat.type}`;
    if (distrust !== undefined) {
      throw new TorcxError("invalid", `Cannot trust ${quote(name)}: ${distrust}`);
    }
    return parseJournal(
      decodeText(root.readFile(path, JOURNAL_BYTES_MAX), name),
      name,
      (operation) => isKnownTarget(settings, operation),
    );
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return undefined;
    if (!(cause instanceof TorcxError) || cause.code !== "invalid") throw cause;
    throw new TorcxError(
      "invalid",
      `Cannot take back the earlier run: its journal ${quote(name)} cannot be used`,
      {
        // Without the way out of a file that people write: nobody corrects a journal.
        cause: new TorcxError("invalid", listMessages(cause).join(": ")),
        hint: "Restart the system: all that torcx makes is gone then",
      },
    );
  }
}

/** As {@linkcode readJournal}, undefined too if it cannot be used, or this user may not read it. */
export function findJournal(system: System): Journal | undefined {
  try {
    return readJournal(system);
  } catch (error) {
    if (isErrno(error, "EACCES")) return undefined;
    if (error instanceof TorcxError && error.code === "invalid") return undefined;
    throw error;
  }
}
