/**
 * Owns the removal of what was planned (`clear_versioned.ts`, `prune.ts`), one thing after the other. It
 * refuses what is no longer the thing that was planned, and to look through a symlink.
 */

import { isErrno, quote, TorcxError } from "../errors.ts";
import { encodePath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import type { Root } from "../sys/root.ts";
import { identify } from "./links.ts";
import type { Archive } from "./stores.ts";

/** One thing to remove. */
export interface Removal {
  /**
   * A `directory` is removed with all that is in it, an `empty` one only if nothing is left in it by then;
   * a `link` is a symlink that stands for a versioned directory, which stays.
   */
  kind: "archive" | "directory" | "link" | "empty";
  path: string;
  /** The OS version whose store it is or lies in; undefined in the unversioned store. */
  version: string | undefined;
  /** The archive, where it is one. */
  archive?: Archive;
  /** Bytes that become free, of a directory those of the files directly in it. */
  bytes: number;
  reason: string;
  /** Device and inode of what was planned. */
  identity: string;
}

/** Plans the removal of an archive's name; of a file with other names no bytes become free. */
export function planArchive(
  root: Root,
  archive: Archive,
  { version, reason }: { version: string | undefined; reason: string },
): Removal {
  const { path } = archive;
  const stat = root.lstat(encodePath(path));
  const bytes = stat.nlink > 1 ? 0 : stat.size;
  return { kind: "archive", path, version, archive, bytes, reason, identity: identify(stat) };
}

/** What {@linkcode removePlanned} came to. */
export interface RemovalResult {
  /** What is gone. */
  removed: Removal[];
  failures: { removal: Removal; error: TorcxError }[];
}

/** Removes what was planned. A failure does not stop it; empty directories that are not empty stay. */
export function removePlanned(
  { root, log }: Pick<System, "root" | "log">,
  plan: readonly Removal[],
): RemovalResult {
  const result: RemovalResult = { removed: [], failures: [] };
  for (const removal of plan) {
    try {
      if (!removeOne(root, removal)) continue;
      log.info(`removed ${quote(removal.path)}: ${removal.reason}`);
      result.removed.push(removal);
    } catch (cause) {
      if (!(cause instanceof TorcxError)) throw cause;
      const message = `Cannot remove ${quote(removal.path)}`;
      // Where something is mounted in it, the cause says it all.
      const error = cause.message.startsWith(message) ? cause : new TorcxError("failed", message, { cause });
      result.failures.push({ removal, error });
    }
  }
  return result;
}

/** Returns whether the thing is gone. */
function removeOne(root: Root, { kind, path, identity }: Removal): boolean {
  const bytes = encodePath(path);
  const stat = root.lstat(bytes);
  if (identify(stat) !== identity) {
    throw new TorcxError("failed", `Cannot use the plan for ${quote(path)}: it was replaced since`, {
      hint: "Call it again to see what is there now",
    });
  }
  switch (kind) {
    case "directory":
      root.removeTree(bytes);
      return true;
    case "archive":
    case "link":
      root.unlink(bytes);
      return true;
    case "empty":
      return removeEmpty(root, path);
    default:
      return kind satisfies never;
  }
}

function removeEmpty(root: Root, path: string): boolean {
  try {
    root.removeDir(encodePath(path));
    return true;
  } catch (error) {
    // Something came into it meanwhile, or a file system is mounted there: either is no failure.
    if (isErrno(error, "ENOTEMPTY", "EEXIST", "EBUSY")) return false;
    throw error;
  }
}
