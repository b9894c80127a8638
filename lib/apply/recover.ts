/**
 * Owns starting clean after a run that failed or was killed: what its journal says is taken back, and
 * mounts below the unpack dir and whatever else lies in RUN go. `apply --retry` calls it, lock held.
 */

import { encodePath, joinPath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import { TorcxError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { unmount } from "../sys/mounts.ts";
import type { Root } from "../sys/root.ts";
import { readJournal } from "./run_directory.ts";
import { undoOperations } from "./undo.ts";

/**
 * Empties RUN and takes back what an earlier run did outside it.
 *
 * @throws {TorcxError} `failed` if something cannot be taken back: a retry on top would mix both runs.
 */
export function recover(root: Root, settings: Settings, log: Logger): void {
  const journal = readJournal(root, settings);
  const faults = journal === undefined ? [] : undoOperations(root, journal.operations);
  if (faults.length > 0) {
    throw new TorcxError("failed", "Cannot retry: the earlier run cannot be taken back", {
      cause: new AggregateError(faults, `${faults.length} steps stay:`),
      hint: "Restart the system: all that torcx makes is gone then",
    });
  }
  const unpackDir = encodePath(settings.paths.unpackDir);
  // Without a journal nothing says what was mounted; unmounting what is no mount is no error.
  if (root.findStat(unpackDir)?.type === "directory") {
    for (const { name, type } of root.readDir(unpackDir)) {
      if (type === "directory") unmount(root, joinPath(unpackDir, name));
    }
    unmount(root, unpackDir);
  }
  for (const { name } of root.readDir(encodePath(settings.runDir))) {
    root.removeTree(joinPath(encodePath(settings.runDir), name));
  }
  log.info("took back what an earlier run had left");
}
