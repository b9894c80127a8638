/**
 * Owns the one table of what each kind of operation is: told by `--dry-run`, carried out by the flow, taken
 * back after a failure. The journal's fields of each are in lib/manifest/journal.ts. It refuses any order.
 */

import type { Operation, OperationKind } from "../../manifest/journal.ts";
import type { Root } from "../../sys/root.ts";
import { copy, link } from "./assets.ts";
import { makeDir, mountUnpackDir, remountUnpackDir } from "./directories.ts";
import type { ExecuteContext, OperationActs } from "./kind.ts";
import { removeSeal, writeReport, writeRunProfile, writeSeal } from "./records.ts";
import { mountSquashfs, unpack } from "./trees.ts";

const OPERATION_ACTS: { readonly [K in OperationKind]: OperationActs<K> } = {
  remove_seal: removeSeal,
  make_dir: makeDir,
  mount_tmpfs: mountUnpackDir,
  unpack,
  mount_squashfs: mountSquashfs,
  link,
  copy,
  write_run_profile: writeRunProfile,
  write_report: writeReport,
  remount_read_only: remountUnpackDir,
  write_seal: writeSeal,
};

/** Kind and operation are of one row, which the compiler cannot tell of a union. */
function getActs({ kind }: Operation): OperationActs<OperationKind> {
  return OPERATION_ACTS[kind] as OperationActs<OperationKind>;
}

/** Returns one line for people, e.g. `mount squashfs "/var/…" on "/run/torcx/unpack/docker"`. */
export function describeOperation(operation: Operation): string {
  return getActs(operation).describe(operation);
}

/**
 * Carries an operation out; only one that makes a tree returns a promise.
 *
 * @throws {TorcxError} naming image and archive where a tree is made, else the system call that failed.
 */
export function executeOperation(operation: Operation, context: ExecuteContext): void | Promise<void> {
  return getActs(operation).execute(operation, context);
}

/**
 * Takes an operation back. Returns false if there is something that is not the operation's, which is left.
 *
 * @throws {TorcxError} if it cannot be taken back.
 */
export function undoOperation(operation: Operation, root: Root): boolean {
  return getActs(operation).undo(operation, root);
}
