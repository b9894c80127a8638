/** Owns what a kill leaves between the making of a file and its renaming into place. It refuses all other names. */

import { type ByteString, joinPath } from "../../bytes.ts";
import { isTemporaryName } from "../../sys/atomic_file.ts";
import type { Root } from "../../sys/root.ts";

/** Removes the temporary files in a directory, if it is one. */
export function removeTemporaries(root: Root, directory: ByteString): void {
  if (root.findStat(directory)?.type !== "directory") return;
  for (const { name, type } of root.readDir(directory)) {
    if (type === "file" && isTemporaryName(name)) root.unlink(joinPath(directory, name));
  }
}
