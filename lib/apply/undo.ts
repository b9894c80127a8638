/**
 * Owns the way back: operations are taken back from the last to the first, and one that cannot be stops none
 * of the others. It tells what it leaves.
 */

import { decodePath } from "../bytes.ts";
import { quote, TorcxError } from "../errors.ts";
import type { Operation } from "../manifest/journal.ts";
import type { Root } from "../sys/root.ts";
import { describeOperation, undoOperation } from "./operations/table.ts";

/** What taking back came to. */
export interface UndoResult {
  /** What could not be taken back, as messages. */
  faults: string[];
  /** What was left because it is not what the run made, as messages. */
  left: string[];
}

/** Takes operations back, the last one first. */
export function undoOperations(root: Root, operations: readonly Operation[]): UndoResult {
  const result: UndoResult = { faults: [], left: [] };
  for (const operation of operations.toReversed()) {
    try {
      if (!undoOperation(operation, root)) {
        result.left.push(`${quote(decodePath(operation.path))} is left: it is not what torcx made`);
      }
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      result.faults.push(`Cannot undo "${describeOperation(operation)}": ${error.message}`);
    }
  }
  return result;
}
