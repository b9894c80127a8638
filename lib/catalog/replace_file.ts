/**
 * Owns how a profile or the selector is replaced: one edit of a directory at a time, whole or not at all,
 * with the mode, owner and attributes that the file had. It refuses to know what is in it.
 */

import { listMessages, quote, SyscallError, TorcxError } from "../errors.ts";
import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import type { Logger } from "../log.ts";
import { isTemporaryName } from "../sys/atomic_file.ts";
import { acquireLock } from "../sys/lock_file.ts";
import { getUserId } from "../sys/namespace.ts";
import type { System } from "../config/system.ts";
import type { Root } from "../sys/root.ts";

/** The mode of a new file, as the first torcx made them. */
const FILE_MODE = 0o644;
/** MAXSYMLINKS of include/linux/namei.h. */
const SYMLINKS_MAX = 40;
/**
 * The lock's file, beside what is replaced. One for the directory: whoever holds it may take away every
 * temporary file there.
 */
const LOCK_NAME = encodePath(".torcx.lock");

/** Options of {@linkcode replaceFile}. */
export interface ReplaceFileOptions {
  /** Makes what is written, while the directory is locked. */
  make: () => Uint8Array<ArrayBuffer>;
  /** What is attempted, for the error that somebody else holds the lock. */
  intent: string;
  /** Told of what fails once the file is written. */
  log: Logger;
  /** The file must not exist: EEXIST if it does. Default false. */
  isNew?: boolean;
}

/**
 * Replaces a file, the target of a symlink rather than the symlink, or makes it. `make` runs while the
 * directory is locked, so that of two edits at once none is lost. A file that holds it already is left alone.
 *
 * @returns whether something was written.
 * @throws {TorcxError} `busy` if another edit of the directory does not end, or what `make` throws.
 * @throws {SyscallError} if the file cannot be written; it is then as it was.
 */
export function replaceFile(
  root: Root,
  path: string,
  options: ReplaceFileOptions,
): boolean {
  const { make } = options;
  const { log, isNew = false } = options;
  const target = isNew ? encodePath(path) : resolveSymlinks(root, encodePath(path));
  const { parent } = splitPath(target);
  using _lock = lockDirectory(root, parent, options);
  removeLeftovers({ root, log }, parent);
  const onLateFault = (fault: TorcxError): void => log.warning(listMessages(fault).join(": "));
  const stat = isNew ? undefined : root.findLstat(target);
  if (stat === undefined) {
    root.writeFileAtomic(target, make(), { mode: FILE_MODE, isNew, onLateFault });
    return true;
  }
  if (stat.type !== "file") {
    throw new TorcxError(
      "invalid",
      `Cannot replace ${quote(path)}: it is a ${stat.type}, not a regular file`,
    );
  }
  using old = root.openFile(target);
  const { mode, uid, gid } = old.stat;
  const data = make();
  if (old.stat.size === data.length && isEqual(root.readFile(target), data)) return false;
  root.writeFileAtomic(target, data, { mode, owner: { uid, gid }, attributesOf: old.fd, onLateFault });
  return true;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Locks a directory for edits; the lock's file is there only as long as somebody holds it or waits. */
function lockDirectory(root: Root, directory: ByteString, { intent, log }: ReplaceFileOptions): Disposable {
  const path = joinPath(directory, LOCK_NAME);
  const lock = acquire(root, path, { intent });
  return {
    [Symbol.dispose](): void {
      // Before it is let go: who waits for it sees that the file has no name, and makes another one.
      warnOnFailure(log, {
        state: `the lock file ${quote(decodePath(path))} stays`,
        call: () => root.unlink(path),
      });
      lock[Symbol.dispose]();
    },
  };
}

function acquire(root: Root, path: ByteString, { intent }: { intent: string }): Disposable {
  try {
    return acquireLock(root, path, { intent });
  } catch (error) {
    // A lock file that cannot be made is a file that cannot be written: the callers say so.
    throw error instanceof TorcxError && error.cause instanceof SyscallError ? error.cause : error;
  }
}

/** Removes the temporary files of edits that were killed: under the lock no other edit has one. */
function removeLeftovers({ root, log }: Pick<System, "root" | "log">, directory: ByteString): void {
  const shown = quote(decodePath(directory === "" ? encodePath("/") : directory));
  warnOnFailure(log, {
    state: `temporary files in ${shown} stay`,
    call: () => {
      for (const { name } of root.readDir(directory)) {
        if (!isTemporaryName(name)) continue;
        const path = joinPath(directory, name);
        const stat = root.findLstat(path);
        if (stat?.type === "file" && stat.uid === getUserId()) root.unlink(path);
      }
    },
  });
}

function warnOnFailure(log: Logger, { state, call }: { state: string; call: () => void }): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    log.warning(`${state}: ${error.message}`);
  }
}

/** Returns the path of what a path's last component leads to; its parents are left to the kernel. */
function resolveSymlinks(root: Root, path: ByteString): ByteString {
  let current = path;
  for (let count = 0; count < SYMLINKS_MAX; count++) {
    if (root.findLstat(current)?.type !== "symlink") return current;
    const link = root.readLink(current);
    current = link.startsWith("/") ? link : joinPath(splitPath(current).parent, link);
  }
  throw new TorcxError("invalid", `Cannot replace ${quote(decodePath(path))}: too many symlinks`);
}
