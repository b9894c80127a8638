/**
 * Owns the operations that put an image's files where the system looks for them: links and copies. They
 * overwrite nothing, and only what is as they made it is taken back.
 */

import { type ByteString, encodePath, splitPath } from "../../bytes.ts";
import { isSpaceError } from "../../image/space.ts";
import type { OperationOf } from "../../manifest/journal.ts";
import { computeDigest } from "../../sys/digest.ts";
import type { Root } from "../../sys/root.ts";
import { copyFile } from "../../sys/file_copy.ts";
import { describeFull } from "../copy_space.ts";
import { withFoundPlace, withPlace } from "../places.ts";
import { type ExecuteContext, type OperationActs, quotePath } from "./kind.ts";
import { removeTemporaries } from "./temporaries.ts";

export const link: OperationActs<"link"> = {
  describe: ({ path, target }) => `link ${quotePath(path)} to ${quotePath(target)}`,
  execute: ({ path, target }, { root }) =>
    withPlace({ root, path }, (directory, name) => directory.symlink(target, name)),
  undo: ({ path, target }, root) =>
    withFoundPlace({ root, path }, (directory, name) => {
      const stat = directory.findLstat(name);
      if (stat === undefined) return true;
      if (stat.type !== "symlink" || directory.readLink(name) !== target) return false;
      directory.unlink(name);
      return true;
    }) ?? true,
};

export const copy: OperationActs<"copy"> = {
  describe: ({ from, path }) => `copy ${quotePath(from)} to ${quotePath(path)}`,
  execute: makeCopy,
  undo: ({ from, path, digest }, root) =>
    withFoundPlace({ root, path }, (directory, name) => {
      removeTemporaries(directory, encodePath("/"));
      const stat = directory.findLstat(name);
      if (stat === undefined) return true;
      if (stat.type !== "file") return false;
      if (computeDigest(directory, name) !== (digest ?? findDigest(root, from))) return false;
      directory.unlink(name);
      return true;
    }) ?? true,
};

function makeCopy({ from, path, mode }: OperationOf<"copy">, { root }: ExecuteContext): void {
  using source = root.openFile(from);
  try {
    // What appeared since the plan was made is kept: the apply fails, it does not overwrite.
    withPlace({ root, path }, (directory, name) => copyFile(source, directory, { name, mode }));
  } catch (cause) {
    if (!isSpaceError(cause)) throw cause;
    throw describeFull(source.stat.size, splitPath(path).parent, { cause });
  }
}

/** The source may be in a tmpfs that is gone. */
function findDigest(root: Root, path: ByteString): string | undefined {
  return root.findStat(path)?.type === "file" ? computeDigest(root, path) : undefined;
}
