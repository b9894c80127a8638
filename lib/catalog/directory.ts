/**
 * Owns the one way in which directories of profiles and stores are listed: regular files, and
 * symlinks that end at one inside the root. It opens no file. Callers: profiles, stores.
 */

import { isErrno, quote, TorcxError } from "../errors.ts";
import { type ByteString, decodePath, encodePath, joinPath } from "../bytes.ts";
import type { Logger } from "../log.ts";
import type { DirEntry, Root } from "../sys/root.ts";

/**
 * Lists the names of regular files with one of the suffixes, sorted bytewise. A missing directory
 * has none; one that cannot be read has none and is a warning.
 */
export function listRegularFiles(
  root: Root,
  directory: string,
  suffixes: readonly string[],
  log: Logger,
): string[] {
  return findRegularFiles(root, directory, suffixes, log) ?? [];
}

/** As {@linkcode listRegularFiles}, undefined if the directory is missing or cannot be read. */
export function findRegularFiles(
  root: Root,
  directory: string,
  suffixes: readonly string[],
  log: Logger,
): string[] | undefined {
  const path = encodePath(directory);
  let entries: DirEntry[];
  try {
    entries = root.readDir(path);
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    if (isErrno(error, "ENOENT", "ENOTDIR")) {
      log.debug(`skipping directory ${quote(directory)}: it is missing`);
    } else log.warning(`skipping directory ${quote(directory)}: ${error.message}`);
    return undefined;
  }
  const names: string[] = [];
  for (const { name, type } of entries) {
    if (!suffixes.some((suffix) => name.endsWith(suffix))) continue;
    // The type in the directory entry spares a stat per file.
    if (type === "file" || isRegularFile(root, joinPath(path, name), log)) names.push(decodePath(name));
  }
  return names;
}

function isRegularFile(root: Root, path: ByteString, log: Logger): boolean {
  const shown = quote(decodePath(path));
  try {
    const stat = root.findStat(path);
    if (stat?.type === "file") return true;
    log.warning(
      stat === undefined
        ? `skipping ${shown}: it is a symlink that leads nowhere`
        : `skipping ${shown}: it is a ${stat.type}, not a regular file`,
    );
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    log.warning(`skipping ${shown}: ${error.message}`);
  }
  return false;
}
