/**
 * Owns the judgement of the trees that an apply made: whether they are still there, the same ones, and
 * read-only. They are told by device and inode and by what the mount itself says, never by the text of a
 * path. It only reads.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import { isErrno, quote } from "../errors.ts";
import type { ApplyReport, ReportImage } from "../manifest/report.ts";
import { close, fstatfs, statx } from "../sys/calls.ts";
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, ST_RDONLY } from "../sys/flags.ts";
import type { FileStat, Root } from "../sys/root.ts";
import { isSameFile } from "./identity.ts";

const EMPTY = encodePath("");

/** What is known of a directory that may be a mount point. */
export interface TreeStat extends Pick<FileStat, "dev" | "ino"> {
  /** Whether it lies on a file system of its own. */
  isMounted: boolean;
  isReadOnly: boolean;
}

/** Returns what a directory is, undefined if there is none of that name. */
export function findTreeStat(root: Root, path: ByteString): TreeStat | undefined {
  let fd: number;
  try {
    fd = root.open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
  try {
    const { dev, ino } = statx(fd, EMPTY);
    return {
      dev,
      ino,
      isMounted: root.stat(splitPath(path).parent).dev !== dev,
      isReadOnly: (fstatfs(fd).flags & ST_RDONLY) !== 0,
    };
  } finally {
    close(fd);
  }
}

/** Returns what is not as the apply left it, for people, the most urgent first; empty if all is. */
export function findTreeFaults(root: Root, unpackDir: string, report: ApplyReport): string[] {
  const directory = encodePath(unpackDir);
  const unpack = findTreeStat(root, directory);
  if (unpack === undefined || !unpack.isMounted) return [`${quote(unpackDir)} is not mounted any more`];
  if (isSameFile(unpack, report.unpack_device, report.unpack_inode) === false) {
    return [`another mount is on ${quote(unpackDir)}`];
  }
  const faults = unpack.isReadOnly ? [] : [`${quote(unpackDir)} is writable`];
  for (const image of report.images) {
    const path = joinPath(directory, encodePath(image.name));
    const state = findTreeFault(findTreeStat(root, path), unpack, image);
    if (state === undefined) continue;
    faults.push(`the tree of image ${quote(image.name)}, ${quote(decodePath(path))}, ${state}`);
  }
  return faults;
}

function findTreeFault(
  tree: TreeStat | undefined,
  unpack: TreeStat,
  { format, tree_device, tree_inode }: ReportImage,
): string | undefined {
  if (tree === undefined) return "is gone";
  if (format === "squashfs" && !tree.isMounted) return "is not mounted any more";
  if (format === "tgz" && tree.isMounted) return "has another mount over it";
  if (isSameFile(tree, tree_device, tree_inode) === false) return "is another one than was made";
  // A writable unpack dir is told of once, not for each image in it.
  return tree.isReadOnly || !unpack.isReadOnly ? undefined : "is writable";
}
