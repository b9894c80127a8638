/**
 * Owns the way to the places of propagated files. Below a known target directory no symlink is
 * followed, whoever made it: neither one that an image brought nor one that the system has there leads
 * a file elsewhere. It refuses to know what is put there.
 */

import { type ByteString, encodePath, splitPath } from "../bytes.ts";
import { isErrno } from "../errors.ts";
import { TARGET_DIRS } from "../manifest/asset_kinds.ts";
import type { Root } from "../sys/root.ts";

/** What keeps a directory from being one. */
export interface Obstacle {
  path: ByteString;
  /** What it is, for people. */
  state: string;
}

/** Finds what stands in the place of a directory or of one that it is in; symlinks are followed. */
export function findObstacle(root: Root, directory: ByteString): Obstacle | undefined {
  for (const path of listPrefixes(directory)) {
    const found = root.findStat(path);
    if (found?.type === "directory") continue;
    if (found === undefined && root.findLstat(path) === undefined) return undefined;
    return { path, state: `a ${found?.type ?? "symlink to nothing"}, not a directory` };
  }
  return undefined;
}

/** Returns a path and the directories that it is in, outermost first. */
export function listPrefixes(path: ByteString): ByteString[] {
  const prefixes: ByteString[] = [];
  for (let current = path; current !== ""; current = splitPath(current).parent) prefixes.unshift(current);
  return prefixes;
}

/** Returns the target directory that a path is below, undefined for the bin dir and all else. */
function findTarget(path: ByteString): ByteString | undefined {
  return TARGET_DIRS.map(encodePath).find((directory) => path.startsWith(`${directory}/`));
}

/**
 * Calls `use` with the directory of a path, opened anew, and the path's last component.
 *
 * @throws {SyscallError} if the directory is not there, or behind a symlink below a target directory.
 */
export function withPlace<T>(
  { root, path }: { root: Root; path: ByteString },
  use: (directory: Root, name: ByteString) => T,
): T {
  const { parent, name } = splitPath(path);
  const top = findTarget(path) ?? parent;
  using directory = root.openBelow(top, parent.slice(top.length + 1) as ByteString);
  return use(directory, name);
}

/** Returns whether a path is a directory: below a target directory a symlink to one is none. */
export function isDirectory(root: Root, path: ByteString): boolean {
  if (findTarget(path) === undefined) return root.findStat(path)?.type === "directory";
  const stat = withFoundPlace({ root, path }, (directory, name) => directory.findLstat(name));
  return stat?.type === "directory";
}

/** As {@linkcode withPlace}, undefined if the directory is not there or behind a symlink. */
export function withFoundPlace<T>(
  { root, path }: { root: Root; path: ByteString },
  use: (directory: Root, name: ByteString) => T,
): T | undefined {
  let hasPlace = false;
  try {
    return withPlace({ root, path }, (directory, name) => {
      hasPlace = true;
      return use(directory, name);
    });
  } catch (error) {
    if (!hasPlace && isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}
