/**
 * Owns the judgement of the trees that an apply made: whether they are still there, the same ones, and
 * read-only. They are told by device and inode and by what the mount itself says, never by the text of a
 * path. It only reads.
 */

import { decodePath, encodePath, joinPath } from "../bytes.ts";
import { quote } from "../errors.ts";
import type { ApplyReport, ReportImage } from "../manifest/report.ts";
import { type DirectoryStat, findDirectoryStat } from "../sys/directory_stat.ts";
import type { Root } from "../sys/root.ts";
import { isSameFile } from "./identity.ts";

/** Returns what is not as the apply left it, for people, the most urgent first; empty if all is. */
export function findTreeFaults(
  root: Root,
  { unpackDir, report }: { unpackDir: string; report: ApplyReport },
): string[] {
  const directory = encodePath(unpackDir);
  const unpack = findDirectoryStat(root, directory);
  if (unpack === undefined || !unpack.isMounted) return [`${quote(unpackDir)} is not mounted any more`];
  if (isSameFile(unpack, report.unpack_device, report.unpack_inode) === false) {
    return [`another mount is on ${quote(unpackDir)}`];
  }
  const faults = unpack.isReadOnly ? [] : [`${quote(unpackDir)} is writable`];
  for (const image of report.images) {
    const path = joinPath(directory, encodePath(image.name));
    const state = findTreeFault(findDirectoryStat(root, path), unpack, image);
    if (state === undefined) continue;
    faults.push(`the tree of image ${quote(image.name)}, ${quote(decodePath(path))}, ${state}`);
  }
  return faults;
}

function findTreeFault(
  tree: DirectoryStat | undefined,
  unpack: DirectoryStat,
  { format, tree_device, tree_inode }: ReportImage,
): string | undefined {
  if (tree === undefined) return "is gone";
  if (format === "squashfs" && !tree.isMounted) return "is not mounted any more";
  if (format === "tgz" && tree.isMounted) return "has another mount over it";
  if (isSameFile(tree, tree_device, tree_inode) === false) return "is another one than was made";
  // A writable unpack dir is told of once, not for each image in it.
  return tree.isReadOnly || !unpack.isReadOnly ? undefined : "is writable";
}
