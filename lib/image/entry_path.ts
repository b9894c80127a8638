/**
 * Owns the names of archive entries made safe: what may be used below the image root. Only the tree
 * writer calls it.
 */

import type { ByteString } from "../bytes.ts";
import { refuseEntry } from "../archive/tar_entry.ts";

/**
 * Returns a name without leading slash, empty parts and `.`; empty for the image root itself.
 *
 * @throws {ArchiveError} if it is empty or has a `..` component.
 */
export function normalizeEntryPath(path: ByteString): ByteString {
  // Most names need nothing.
  if (PLAIN.test(path)) return path;
  if (path === "") refuseEntry(path, "its name is empty");
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) refuseEntry(path, "its name leaves the image root");
  if (names.length === 0 && !path.includes(".")) refuseEntry(path, "its name is empty");
  return names.join("/") as ByteString;
}

/** Components that do not start with a dot, one slash between them. */
const PLAIN = /^[^/.][^/]*(?:\/[^/.][^/]*)*$/;
