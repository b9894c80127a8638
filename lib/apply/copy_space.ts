/**
 * Owns the room that copies need where they go: how much all of them take on each file system, how much there is, and
 * what is said where it is too little. It refuses to copy.
 */

import { type ByteString, decodePath, encodePath, splitPath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import { quote, TorcxError } from "../errors.ts";
import type { Operation, OperationOf } from "../manifest/journal.ts";
import { readSpace } from "../sys/mounts.ts";

/** What copies take on one file system. */
export interface CopySpace {
  /** The directory of the first of them, or where it is going to be made. */
  directory: string;
  /** What they take, in bytes. */
  neededBytes: number;
  /** What there is, with what this boot's apply has taken. */
  freeBytes: number;
  /** How large the file system is. */
  totalBytes: number;
}

/** Options of {@linkcode listCopySpace}. */
export interface CopySpaceOptions {
  /** Sizes of the files that are copied, in bytes, by where they are copied from. */
  sizes: ReadonlyMap<ByteString, number>;
  /** Files that are gone at the next boot. */
  ignoredPaths: ReadonlySet<string>;
}

const PAGE_BYTES = 4096;

/** Lists each file system that something is copied to; at the next boot there may be more room than now. */
export function listCopySpace(
  { root }: Pick<System, "root">,
  operations: readonly Operation[],
  { sizes, ignoredPaths }: CopySpaceOptions,
): CopySpace[] {
  const found = new Map<bigint, CopySpace>();
  for (const operation of operations) {
    if (operation.kind !== "copy") continue;
    const directory = findExisting(root, splitPath(operation.path).parent);
    const { dev } = root.stat(directory);
    let space = found.get(dev);
    if (space === undefined) {
      const { freeBytes, totalBytes } = readSpace(root, directory);
      space = { directory: decodePath(directory), neededBytes: 0, freeBytes, totalBytes };
      found.set(dev, space);
    }
    space.neededBytes += toPages(sizes.get(operation.from) ?? 0);
  }
  for (const path of ignoredPaths) {
    const stat = root.findLstat(encodePath(path));
    const space = stat?.type === "file" ? found.get(stat.dev) : undefined;
    if (stat !== undefined && space !== undefined) space.freeBytes += toPages(stat.size);
  }
  return [...found.values()];
}

/**
 * Checks that a single copy has room: a file that is mostly holes would else be read for hours before that is known.
 *
 * @throws {TorcxError} `no_space` if it has not.
 */
export function checkCopyRoom({ root }: Pick<System, "root">, { from, path }: OperationOf<"copy">): void {
  const { size } = root.stat(from);
  const directory = findExisting(root, splitPath(path).parent);
  const { freeBytes, totalBytes } = readSpace(root, directory);
  if (totalBytes > 0 && size > freeBytes) throw describeFull(size, directory);
}

/** Returns the error of a copy for which there is no room. */
export function describeFull(
  bytes: number,
  directory: ByteString,
  options: { cause?: unknown } = {},
): TorcxError {
  return new TorcxError(
    "no_space",
    `Cannot copy ${bytes} bytes: the file system of ${quote(decodePath(directory))} is full`,
    {
      ...options,
      hint: `Make room there, or enlarge it: mount -o remount,size=SIZE (see "df ${decodePath(directory)}")`,
    },
  );
}

/** Returns the nearest directory that there is. */
function findExisting(root: System["root"], path: ByteString): ByteString {
  let current = path;
  while (current !== "" && root.findStat(current)?.type !== "directory") current = splitPath(current).parent;
  return current === "" ? encodePath("/") : current;
}

function toPages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}
