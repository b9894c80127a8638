/**
 * Owns hard links of an image: a second name for what is there, symlinks included, in place of what has that
 * name. A link has no metadata of its own.
 */

import type { TarEntry } from "../../archive/entry.ts";
import { type ByteString, decodePath, splitPath } from "../../bytes.ts";
import { ArchiveError, isErrno, quote } from "../../errors.ts";
import { close, linkat, statx, tryLinkat } from "../../sys/calls.ts";
import { EEXIST, ENOENT, EPERM } from "../../sys/errno.ts";
import { type FileType, toFileStat } from "../../sys/file_stat.ts";
import type { Directory, DirectoryCache } from "./directory_cache.ts";
import { findLinkSource } from "./entry_path.ts";

/**
 * Makes a hard link.
 *
 * @param path where, below the image root.
 * @throws {ArchiveError} if its target does not exist or is a directory.
 * @throws {SyscallError} if the kernel refuses.
 */
export function makeHardlink(cache: DirectoryCache, path: ByteString, entry: TarEntry): void {
  const { parent, name } = splitPath(path);
  const from = findLinkSource(entry.linkTarget);
  if (from === undefined) throw describeSource(entry, "is a directory");
  // `..` is resolved by the kernel, behind symlinks where there are some.
  const uncached = from.isPlain ? undefined : openSource(cache, entry, from.parent);
  try {
    const source = uncached ?? openCachedSource(cache, entry, from.parent);
    const directory = cache.open(parent);
    const result = tryLinkat(source.fd, from.name, directory.fd, name);
    if (result === 0) return;
    if (result === -EEXIST) replaceByLink(cache, source, from, path, entry);
    else if (result === -ENOENT) throw describeSource(entry, "does not exist");
    else if (result === -EPERM && findStat(source, from.name)?.type === "directory") {
      throw describeSource(entry, "is a directory");
    } else linkat(source.fd, from.name, directory.fd, name);
  } finally {
    if (uncached !== undefined) close(uncached.fd);
  }
}

function openCachedSource(cache: DirectoryCache, entry: TarEntry, parent: ByteString): Directory {
  try {
    return cache.openExisting(parent);
  } catch (cause) {
    throw describeSource(entry, "does not exist", cause);
  }
}

function openSource(cache: DirectoryCache, entry: TarEntry, parent: ByteString): Directory {
  try {
    return cache.openUncached(parent);
  } catch (cause) {
    throw describeSource(entry, "does not exist", cause);
  }
}

function replaceByLink(
  cache: DirectoryCache,
  source: Directory,
  from: { name: ByteString; parent: ByteString },
  path: ByteString,
  entry: TarEntry,
): void {
  const { parent, name } = splitPath(path);
  const directory = cache.open(parent);
  const wanted = findStat(source, from.name);
  if (wanted === undefined) throw describeSource(entry, "does not exist");
  if (wanted.type === "directory") throw describeSource(entry, "is a directory");
  if (wanted.ino === statx(directory.fd, name).ino) {
    // Made before: by another entry, or by itself where an archive names a file twice.
    return;
  }
  // What is replaced may be a symlink on the way to the source: that stays open.
  const kept = openSource(cache, entry, from.parent);
  try {
    cache.remove(directory, name);
    linkat(kept.fd, from.name, cache.open(parent).fd, name);
  } finally {
    close(kept.fd);
  }
}

function findStat({ fd }: Directory, name: ByteString): { ino: bigint; type: FileType } | undefined {
  try {
    return toFileStat(statx(fd, name));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

function describeSource(entry: TarEntry, state: string, cause?: unknown): ArchiveError {
  return new ArchiveError(
    `its link target ${quote(decodePath(entry.linkTarget))} ${state}`,
    cause === undefined ? {} : { cause },
  );
}
