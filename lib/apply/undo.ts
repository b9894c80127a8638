/**
 * Owns the way back: each operation's undo, which also holds if it was carried out halfway or not at
 * all. It removes only what it can tell is this run's own. Callers: `apply.ts` after a failure, and
 * for the journal of a run that was killed.
 */

import { type ByteString, joinPath, splitPath } from "../bytes.ts";
import { isErrno, TorcxError } from "../errors.ts";
import { unmount } from "../sys/mounts.ts";
import { isTemporaryName, type Root } from "../sys/root.ts";
import { describeOperation, type Operation } from "./operations.ts";

/** Takes operations back, the last one first; returns what could not be taken back, as messages. */
export function undoOperations(root: Root, operations: readonly Operation[]): string[] {
  const faults: string[] = [];
  for (const operation of operations.toReversed()) {
    try {
      undoOperation(root, operation);
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      faults.push(`Cannot undo "${describeOperation(operation)}": ${error.message}`);
    }
  }
  return faults;
}

function undoOperation(root: Root, operation: Operation): void {
  switch (operation.kind) {
    case "make_dir":
      // Others may have put files there in the meantime; a mount may have come over it.
      return ignore(() => root.removeDir(operation.path), "ENOTEMPTY", "EEXIST", "EBUSY", "EROFS");
    case "mount_tmpfs":
    case "mount_squashfs":
      return ignore(() => unmount(root, operation.path));
    case "unpack":
    case "remount_read_only":
      // Gone with the tmpfs.
      return;
    case "link":
      if (root.findLstat(operation.path)?.type !== "symlink") return;
      if (root.readLink(operation.path) === operation.target) root.unlink(operation.path);
      return;
    case "copy":
      return undoCopy(root, operation);
    case "write_run_profile":
    case "write_seal":
      removeTemporaries(root, splitPath(operation.path).parent);
      // On a read-only file system there is nothing to remove, and removing it is an error all the same.
      if (root.findLstat(operation.path) !== undefined) root.unlink(operation.path);
      return;
    case "write_report":
      // It is written anew, with the failure.
      return;
    default:
      operation satisfies never;
  }
}

function undoCopy(root: Root, { from, path }: Extract<Operation, { kind: "copy" }>): void {
  removeTemporaries(root, splitPath(path).parent);
  if (root.findLstat(path)?.type !== "file") return;
  // Without its source, in a tmpfs that is gone, the undo had come past this copy already.
  if (root.findStat(from)?.type !== "file") return;
  const copy = root.readFile(path, COPY_BYTES_MAX);
  const source = root.readFile(from, COPY_BYTES_MAX);
  if (copy.length === source.length && copy.every((byte, at) => byte === source[at])) root.unlink(path);
}

/** Removes what a kill left between the making of a file and its renaming into place. */
function removeTemporaries(root: Root, directory: ByteString): void {
  if (root.findStat(directory)?.type !== "directory") return;
  for (const { name } of root.readDir(directory)) {
    if (isTemporaryName(name)) root.unlink(joinPath(directory, name));
  }
}

/** Units, rules and the like are small; a larger one is no configuration file. */
export const COPY_BYTES_MAX: number = 16 * 1024 * 1024;

function ignore(act: () => void, ...names: readonly string[]): void {
  try {
    act();
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", ...names)) throw error;
  }
}
