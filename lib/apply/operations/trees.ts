/**
 * Owns the operations that give an image its tree: unpacked, or mounted. It refuses to know how many there
 * are, and which go first.
 */

import { decodePath, splitPath } from "../../bytes.ts";
import { quote, TorcxError } from "../../errors.ts";
import { mountSquashfsImage } from "../../image/squashfs_check.ts";
import { unpackImage } from "../../image/unpack.ts";
import type { TreeCounts } from "../../image/writer/tree_writer.ts";
import type { OperationOf } from "../../manifest/journal.ts";
import { readSpace, unmount } from "../../sys/mounts.ts";
import type { Root } from "../../sys/root.ts";
import { ignore } from "./directories.ts";
import { DIRECTORY_MODE, type ExecuteContext, type OperationActs, quotePath } from "./kind.ts";
import { isSpaceError } from "./space.ts";

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
      mountSquashfsImage(root, file, operation.path).forEach(options.onMountWarning);
      return;
    }
    using tree = root.openSub(operation.path);
    const summary = await unpackImage({ file, format: "tgz" }, tree, {
      onProgress: options.onProgress,
      onWarning: (message) => log.warning(`image ${image}: ${message}`),
      onDebug: (message) => log.debug(`image ${image}: ${message}`),
      onEnd: (counts) => written = counts,
    });
    options.onUnpacked(summary);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    if (isSpaceError(cause)) throw describeSpace(root, operation, { intent, written, cause });
    throw new TorcxError(cause.code, intent, {
      cause,
      ...(cause.code === "archive" ? { hint: options.wayOut } : {}),
    });
  }
}

/**
 * Says how much there is, and how much the image has taken at least: what the rest would take is not
 * known before the archive is read to its end.
 */
function describeSpace(
  root: Root,
  operation: ImageOperation,
  { intent, written, cause }: { intent: string; written: TreeCounts | undefined; cause: unknown },
): TorcxError {
  const { totalBytes, totalInodes, freeInodes } = readSpace(root, splitPath(operation.path).parent);
  if (freeInodes === 0 && totalInodes > 0) {
    const names = countNames(written);
    return new TorcxError(
      "no_space",
      `${intent}: the tmpfs of all images can hold ${totalInodes} files, directories and links, ` +
        `of which this image has at least ${names}`,
      {
        cause,
        hint: 'Raise "unpack_inodes" in the config file, or use a squashfs archive, which takes none',
      },
    );
  }
  return new TorcxError(
    "no_space",
    `${intent}: the tmpfs of all images is limited to ${totalBytes} bytes, ` +
      `of which this image takes at least ${written?.unpackedBytes ?? 0}`,
    {
      cause,
      hint: 'Raise "unpack_size" in the config file, or use a squashfs archive, which takes no memory',
    },
  );
}

/** Counts what takes an inode of a tmpfs, further names of a file included (mm/shmem.c, shmem_link). */
function countNames(counts: TreeCounts | undefined): number {
  if (counts === undefined) return 1;
  // The directory of the image itself is one.
  return 1 + counts.files + counts.directories + counts.symlinks + counts.hardlinks + counts.fifos;
}
