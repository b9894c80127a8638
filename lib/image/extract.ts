/**
 * Owns `torcx image extract`: the boot's reader and writer on any directory, for testers and image
 * builders. The directory is made, or was empty, and is so again after a failure.
 */

import { encodePath } from "../bytes.ts";
import { quote, TorcxError } from "../errors.ts";
import { unmount } from "../sys/mounts.ts";
import { enterPrivateMountNamespace, isRootUser } from "../sys/namespace.ts";
import { emptyDirectory } from "../sys/removal.ts";
import type { FileStat } from "../sys/file_stat.ts";
import type { OpenFile } from "../sys/open_file.ts";
import { Root } from "../sys/root.ts";
import { copyTree } from "./copy_tree.ts";
import { checkSquashfs, mountSquashfsImage } from "./squashfs_check.ts";
import { TreeWriter } from "./writer/tree_writer.ts";
import { type UnpackOptions, type UnpackSummary, unpackTar } from "./unpack.ts";

/** Options of {@linkcode extractArchive}. */
export type ExtractOptions = Pick<UnpackOptions, "onProgress" | "onWarning" | "onDebug">;

const WRITABLE_BY_OTHERS = 0o022;
const NO_OWNERS = "owners are not kept: only root can set them";

/**
 * Extracts an archive into a directory. A name that ends in `gz` must be gzip, `.squashfs` squashfs,
 * all else is plain tar.
 *
 * @throws {TorcxError} `exists` if the directory is not empty, `unsupported` for squashfs without
 * root, else what unpacking throws.
 */
export async function extractArchive(
  root: Root,
  archivePath: string,
  directory: string,
  options: ExtractOptions = {},
): Promise<UnpackSummary> {
  using source = root.openFile(encodePath(archivePath));
  const isSquashfs = archivePath.endsWith(".squashfs");
  if (isSquashfs && !isRootUser()) {
    throw new TorcxError(
      "unsupported",
      `Cannot extract ${quote(archivePath)}: only root can mount squashfs`,
      {
        hint: "Run it as root, or use unsquashfs(1)",
      },
    );
  }
  if (isSquashfs) checkSquashfs(source);
  const path = encodePath(directory);
  const isMade = prepareDirectory(root, directory);
  using target = root.openSub(path);
  try {
    if (isSquashfs) return extractSquashfs(root, source, directory, target, options);
    const isOwnerKept = isRootUser();
    if (!isOwnerKept) options.onWarning?.(NO_OWNERS);
    const compression = archivePath.endsWith("gz") ? "gzip" : "none";
    return await unpackTar(source, target, { ...options, compression, isOwnerKept });
  } catch (error) {
    emptyDirectory(target.fd, path);
    if (isMade) root.removeDir(path);
    throw error;
  }
}

/** Makes the directory if it is missing, and returns whether it did. */
function prepareDirectory(root: Root, directory: string): boolean {
  const path = encodePath(directory);
  const stat = root.findLstat(path);
  if (stat === undefined) {
    root.makeDir(path, 0o755);
    return true;
  }
  const found = root.findStat(path);
  const isDirectory = found?.type === "directory";
  if (isDirectory && root.readDir(path).length === 0) {
    checkOwner(directory, found);
    return false;
  }
  throw new TorcxError(
    "exists",
    `Cannot extract into ${quote(directory)}: it is ${isDirectory ? "not empty" : `a ${stat.type}`}`,
    { hint: "Name a directory that is empty or does not exist" },
  );
}

/** Who may write in the directory could put a link in the place of a file whose owner and mode are set next. */
function checkOwner(directory: string, { uid, mode }: FileStat): void {
  if (!isRootUser() || (uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0)) return;
  throw new TorcxError(
    "invalid",
    `Cannot extract into ${quote(directory)} as root: ${
      uid === 0 ? "others" : `user ${uid}`
    } may write in it`,
    { hint: "Name a directory that does not exist, or that root alone writes" },
  );
}

/** Mounts the image over its own target, where nobody else sees it, and copies it below. */
function extractSquashfs(
  root: Root,
  source: OpenFile,
  directory: string,
  target: Root,
  options: ExtractOptions,
): UnpackSummary {
  enterPrivateMountNamespace();
  // A descriptor from before belongs to the mounts of others, on which nothing can be mounted from here.
  using inside = Root.open(root.path, { resolver: root.resolver });
  const path = encodePath(directory);
  const warnings: string[] = [];
  const onWarning = (message: string): void => {
    warnings.push(message);
    options.onWarning?.(message);
  };
  mountSquashfsImage(inside, source, path).forEach(onWarning);
  try {
    using image = inside.openSub(path);
    using writer = new TreeWriter(target, { isOwnerKept: true, onWarning });
    copyTree(image, writer);
    writer.finish();
    return { ...writer.counts, readBytes: source.stat.size, warnings };
  } finally {
    unmount(inside, path);
  }
}
