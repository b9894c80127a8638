/** Owns the names of archive entries made safe: what may be used below the image root. It touches no disk. */

import { type ByteString, splitPath } from "../../bytes.ts";
import { refuseEntry } from "../../archive/tar_entry.ts";

/**
 * Returns a name without leading slash, empty parts and `.`; empty for the image root itself.
 *
 * @throws {ArchiveError} if it has a `..` component.
 */
export function normalizeEntryPath(path: ByteString): ByteString {
  // Most names need nothing.
  if (PLAIN.test(path)) return path;
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) refuseEntry(path, "its name leaves the image root");
  return names.join("/") as ByteString;
}

/** Components that do not start with a dot, one slash between them. */
const PLAIN = /^[^/.][^/]*(?:\/[^/.][^/]*)*$/;

/** Where the source of a hard link is looked for. */
export interface LinkSource {
  /** Its directory, below the image root. */
  parent: ByteString;
  name: ByteString;
  /** Whether the directory's path has no `..`, so that it can be cached. */
  isPlain: boolean;
}

/** Returns where the source of a hard link is, undefined if its name is that of a directory. */
export function findLinkSource(target: ByteString): LinkSource | undefined {
  if (PLAIN.test(target)) return { ...splitPath(target), isPlain: true };
  const names = target.split("/");
  const name = names.pop() as ByteString;
  if (name === "" || name === "." || name === "..") return undefined;
  const kept = names.filter((part) => part !== "" && part !== ".");
  return { parent: kept.join("/") as ByteString, name, isPlain: !kept.includes("..") };
}
