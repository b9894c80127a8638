/**
 * Owns the operations that give an image its tree: unpacked, or mounted. It refuses to know how many there
 * are, and which go first.
 */

import { decodePath, splitPath } from "../../bytes.ts";
import { quote, TorcxError } from "../../errors.ts";
import { mountSquashfsImage } from "../../image/squashfs_check.ts";
import { describeSpace, isSpaceError } from "../../image/space.ts";
import { unpackImage } from "../../image/unpack.ts";
import type { TreeCounts } from "../../image/writer/tree_writer.ts";
import type { OperationOf } from "../../manifest/journal.ts";
import { unmount } from "../../sys/mounts.ts";
import { ignore } from "./directories.ts";
import { DIRECTORY_MODE, type ExecuteContext, type OperationActs, quotePath } from "./kind.ts";

/** An operation that gives an image its tree. */
export type ImageOperation = OperationOf<"unpack" | "mount_squashfs">;

export const unpack: OperationActs<"unpack"> = {
  describe: ({ archive, path }) => `unpack ${quotePath(archive)} into ${quotePath(path)}`,
  execute: makeTree,
  // Gone with the tmpfs.
  undo: () => true,
};

export const mountSquashfs: OperationActs<"mount_squashfs"> = {
  describe: ({ archive, path }) => `mount squashfs ${quotePath(archive)} on ${quotePath(path)}`,
  execute: makeTree,
  undo: ({ path }, root) => ignore(() => unmount(root, path)),
};

/**
 * Unpacks or mounts an image.
 *
 * @throws {TorcxError} naming image and archive: `no_space` if the tmpfs is too small, else with the
 *   code of what unpacking or mounting throws, which is its cause.
 */
async function makeTree(operation: ImageOperation, context: ExecuteContext): Promise<void> {
  const { root, log } = context;
  const options = context.getTreeOptions(operation.image);
  const image = quote(options.image);
  const verb = operation.kind === "unpack" ? "unpack" : "mount";
  const intent = `Cannot ${verb} image ${image} from ${quote(decodePath(operation.archive))}`;
  let written: TreeCounts | undefined;
  try {
    root.makeDir(operation.path, DIRECTORY_MODE);
    using file = root.openFile(operation.archive);
    if (operation.kind === "mount_squashfs") {
      mountSquashfsImage(root, { source: file, target: operation.path }).forEach(({ message, code }) =>
        options.onWarning(message, code)
      );
      return;
    }
    using tree = root.openSub(operation.path);
    const summary = await unpackImage({ file, format: "tgz" }, tree, {
      onProgress: options.onProgress,
      onWarning: options.onWarning,
      onDebug: (message) => log.debug(`image ${image}: ${message}`),
      onEnd: (counts) => written = counts,
    });
    options.onUnpacked(summary);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    if (isSpaceError(cause)) {
      const taken = { bytes: written?.unpackedBytes ?? 0, counts: written };
      const { state, hint } = describeSpace(root, splitPath(operation.path).parent, taken);
      throw new TorcxError("no_space", `${intent}: ${state}`, { cause, hint });
    }
    throw new TorcxError(cause.code, intent, {
      cause,
      ...(cause.code === "archive" ? { hint: options.wayOut } : {}),
    });
  }
}
