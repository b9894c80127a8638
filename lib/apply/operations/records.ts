/** Owns the operations on the files that say what was done: run profile, report, seal. It refuses to compose them. */

import { type ByteString, splitPath } from "../../bytes.ts";
import { listMessages } from "../../errors.ts";
import type { Root } from "../../sys/root.ts";
import { type ExecuteContext, type OperationActs, quotePath } from "./kind.ts";
import { removeTemporaries } from "./temporaries.ts";

/** Files that say what was done are not to be edited. */
const RECORD_MODE = 0o444;

export const removeSeal: OperationActs<"remove_seal"> = {
  describe: ({ path }) => `remove the old seal ${quotePath(path)}`,
  execute: ({ path }, { root }) => root.unlink(path),
  // What it said was true of no run.
  undo: () => true,
};

export const writeRunProfile: OperationActs<"write_run_profile"> = {
  describe: ({ path }) => `write run profile ${quotePath(path)}`,
  execute: ({ path, text }, context) => writeRecord(path, text, context),
  undo: ({ path }, root) => removeRecord(path, root),
};

export const writeReport: OperationActs<"write_report"> = {
  describe: ({ path }) => `write report ${quotePath(path)}`,
  execute: ({ path }, context) => writeRecord(path, context.encodeReport(), context),
  // It is written anew, with the failure.
  undo: () => true,
};

export const writeSeal: OperationActs<"write_seal"> = {
  describe: ({ path }) => `seal by writing ${quotePath(path)}`,
  execute: ({ path, text }, context) => writeRecord(path, text, context),
  undo: ({ path }, root) => removeRecord(path, root),
};

function writeRecord(path: ByteString, text: string, { root, log }: ExecuteContext): void {
  root.writeFileAtomic(path, new TextEncoder().encode(text), {
    mode: RECORD_MODE,
    onLateFault: (fault) => log.warning(listMessages(fault).join(": ")),
  });
}

function removeRecord(path: ByteString, root: Root): true {
  removeTemporaries(root, splitPath(path).parent);
  // On a read-only file system there is nothing to remove, and removing it is an error all the same.
  if (root.findLstat(path) !== undefined) root.unlink(path);
  return true;
}
