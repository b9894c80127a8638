/**
 * Owns the one way in which directories of profiles and stores are listed: regular files, and
 * symlinks that end at one inside the root. Only what does not exist is absent: what cannot be read is
 * an error, so that nobody works with a part of what is there. It opens no file.
 */

import { isErrno, quote, TorcxError } from "../errors.ts";
import { type ByteString, decodePath, encodePath, joinPath } from "../bytes.ts";
import type { DirEntry } from "../sys/dirents.ts";
import type { System } from "../config/system.ts";

/**
 * Lists the names of regular files with one of the suffixes, sorted bytewise. A missing directory
 * has none.
 *
 * @throws {TorcxError} `failed` if the directory or one of its entries is there and cannot be read.
 */
export function listRegularFiles(
  system: Pick<System, "root" | "log">,
  directory: string,
  { suffixes }: { suffixes: readonly string[] },
): string[] {
  const entries = findEntries(system, directory);
  return entries === undefined ? [] : pickRegularFiles(system, directory, { entries, suffixes });
}

/**
 * Reads a directory, undefined if it is missing.
 *
 * @throws {TorcxError} `failed` if it is there and cannot be read.
 */
export function findEntries(
  { root, log }: Pick<System, "root" | "log">,
  directory: string,
): DirEntry[] | undefined {
  const path = encodePath(directory);
  try {
    return root.readDir(path);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    if (!isErrno(cause, "ENOENT", "ENOTDIR")) {
      throw describeUnreadable(`directory ${quote(directory)}`, cause);
    }
  }
  const type = root.findLstat(path)?.type;
  if (type === undefined) log.debug(`skipping directory ${quote(directory)}: it is missing`);
  else {
    const state = type === "symlink" ? "a symlink that leads to no directory" : `a ${type}, not a directory`;
    log.warning(`skipping directory ${quote(directory)}: it is ${state}`);
  }
  return undefined;
}

/** Of a directory's entries, picks the regular files as {@linkcode listRegularFiles} does. */
export function pickRegularFiles(
  system: Pick<System, "root" | "log">,
  directory: string,
  { entries, suffixes }: { entries: readonly DirEntry[]; suffixes: readonly string[] },
): string[] {
  const path = encodePath(directory);
  return entries
    .filter(({ name }) => suffixes.some((suffix) => name.endsWith(suffix)))
    // The type in the directory entry spares a stat per file.
    .filter(({ name, type }) => type === "file" || isRegularFile(system, joinPath(path, name)))
    .map(({ name }) => decodePath(name));
}

function isRegularFile({ root, log }: Pick<System, "root" | "log">, path: ByteString): boolean {
  const shown = quote(decodePath(path));
  let stat;
  try {
    stat = root.findStat(path);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw describeUnreadable(shown, cause);
  }
  if (stat?.type === "file") return true;
  log.warning(
    stat === undefined
      ? `skipping ${shown}: it is a symlink that leads nowhere`
      : `skipping ${shown}: it is a ${stat.type}, not a regular file`,
  );
  return false;
}

function describeUnreadable(what: string, cause: TorcxError): TorcxError {
  return new TorcxError("failed", `Cannot read ${what}: it is there but unreadable`, {
    cause,
    hint: "What cannot be read is not taken for absent: make it readable, or take it away",
  });
}
