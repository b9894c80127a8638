/**
 * Owns the operations on directories and on the mount that holds all trees. It refuses to know what is put
 * into them.
 */

import { isErrno } from "../../errors.ts";
import type { OperationOf } from "../../manifest/journal.ts";
import { mountTmpfs, remountReadOnly, unmount } from "../../sys/mounts.ts";
import { isDirectory, withFoundPlace, withPlace } from "../places.ts";
import { DIRECTORY_MODE, type ExecuteContext, type OperationActs, quotePath } from "./kind.ts";

export const makeDir: OperationActs<"make_dir"> = {
  describe: ({ path, isOptional }) =>
    `make directory ${quotePath(path)}${isOptional ? " (if it can be made)" : ""}`,
  execute: makeDirectory,
  /** Removes a directory of ours; behind a symlink there is none. */
  undo: ({ path }, root) =>
    // Others may have put files there in the meantime; a mount may have come over it.
    ignore(
      () => withFoundPlace({ root, path }, (directory, name) => directory.removeDir(name)),
      "ENOTEMPTY",
      "EEXIST",
      "EBUSY",
      "EROFS",
    ),
};

export const mountUnpackDir: OperationActs<"mount_tmpfs"> = {
  describe: ({ path, size, inodes }) =>
    `mount tmpfs on ${quotePath(path)} (size ${size ?? "half of the memory"}${
      inodes === undefined ? "" : `, ${inodes} inodes`
    })`,
  execute: (operation, { root }) => mountTmpfs(root, operation.path, operation),
  undo: ({ path }, root) => ignore(() => unmount(root, path)),
};

export const remountUnpackDir: OperationActs<"remount_read_only"> = {
  describe: ({ path }) => `make ${quotePath(path)} read-only`,
  execute: ({ path }, { root }) => remountReadOnly(root, path),
  // Gone with the tmpfs.
  undo: () => true,
};

/** A read-only file system, and a file or a symlink to nothing in the directory's place or on the way to it. */
const CANNOT_BE_MADE = ["EROFS", "ENOENT", "ENOTDIR", "EEXIST", "EACCES", "EPERM"] as const;

function makeDirectory(operation: OperationOf<"make_dir">, { root, log }: ExecuteContext): void {
  try {
    withPlace({ root, path: operation.path }, (directory, name) => directory.makeDir(name, DIRECTORY_MODE));
  } catch (error) {
    if (isErrno(error, "EEXIST") && isDirectory(root, operation.path)) return;
    if (!operation.isOptional || !isErrno(error, ...CANNOT_BE_MADE)) {
      throw error;
    }
    log.info(`cannot make directory ${quotePath(operation.path)}: ${error.errno}; going on without it`);
  }
}

/** What is not there is taken back. */
export function ignore(act: () => void, ...names: readonly string[]): true {
  try {
    act();
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", ...names)) throw error;
  }
  return true;
}
