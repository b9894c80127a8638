/**
 * Owns the way back: each operation's undo, which also holds if it was carried out halfway or not at
 * all. It removes only what it can tell is this run's own, and tells what it leaves.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { unmount } from "../sys/mounts.ts";
import { isTemporaryName } from "../sys/atomic_file.ts";
import type { Root } from "../sys/root.ts";
import { computeDigest } from "../sys/digest.ts";
import { describeOperation, type Operation } from "./operations.ts";
import { withFoundPlace } from "./places.ts";

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
      if (!undoOperation(root, operation)) {
        result.left.push(`${quote(decodePath(operation.path))} is left: it is not what torcx made`);
      }
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      result.faults.push(`Cannot undo "${describeOperation(operation)}": ${error.message}`);
    }
  }
  return result;
}

/** Returns false if there is something that is not the operation's. */
function undoOperation(root: Root, operation: Operation): boolean {
  switch (operation.kind) {
    case "make_dir":
      return undoDirectory(root, operation.path);
    case "mount_tmpfs":
    case "mount_squashfs":
      return ignore(() => unmount(root, operation.path));
    case "unpack":
    case "remount_read_only":
      // Gone with the tmpfs.
      return true;
    case "link":
      return undoLink(root, operation);
    case "copy":
      return undoCopy(root, operation);
    case "write_run_profile":
    case "write_seal":
      removeTemporaries(root, splitPath(operation.path).parent);
      // On a read-only file system there is nothing to remove, and removing it is an error all the same.
      if (root.findLstat(operation.path) !== undefined) root.unlink(operation.path);
      return true;
    case "write_report":
      // It is written anew, with the failure.
      return true;
    case "remove_seal":
      // What it said was true of no run.
      return true;
    default:
      return operation satisfies never;
  }
}

/** Removes a directory of ours; behind a symlink there is none. */
function undoDirectory(root: Root, path: ByteString): true {
  // Others may have put files there in the meantime; a mount may have come over it.
  return ignore(
    () => withFoundPlace(root, path, (directory, name) => directory.removeDir(name)),
    "ENOTEMPTY",
    "EEXIST",
    "EBUSY",
    "EROFS",
  );
}

function undoLink(root: Root, { target, path }: Extract<Operation, { kind: "link" }>): boolean {
  return withFoundPlace(root, path, (directory, name) => {
    const stat = directory.findLstat(name);
    if (stat === undefined) return true;
    if (stat.type !== "symlink" || directory.readLink(name) !== target) return false;
    directory.unlink(name);
    return true;
  }) ?? true;
}

function undoCopy(root: Root, { from, path, digest }: Extract<Operation, { kind: "copy" }>): boolean {
  return withFoundPlace(root, path, (directory, name) => {
    removeTemporaries(directory, encodePath("/"));
    const stat = directory.findLstat(name);
    if (stat === undefined) return true;
    if (stat.type !== "file") return false;
    if (computeDigest(directory, name) !== (digest ?? findDigest(root, from))) return false;
    directory.unlink(name);
    return true;
  }) ?? true;
}

/** The source may be in a tmpfs that is gone. */
function findDigest(root: Root, path: ByteString): string | undefined {
  return root.findStat(path)?.type === "file" ? computeDigest(root, path) : undefined;
}

/** Removes what a kill left between the making of a file and its renaming into place. */
export function removeTemporaries(root: Root, directory: ByteString): void {
  if (root.findStat(directory)?.type !== "directory") return;
  for (const { name, type } of root.readDir(directory)) {
    if (type === "file" && isTemporaryName(name)) root.unlink(joinPath(directory, name));
  }
}

function ignore(act: () => void, ...names: readonly string[]): true {
  try {
    act();
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", ...names)) throw error;
  }
  return true;
}
