/**
 * Owns `torcx image extract`: the boot's reader and writer on any directory, for testers and image
 * builders. The directory is made, or was empty, and is so again after a failure.
 */

import { encodePath } from "../bytes.ts";
import { quote, TorcxError } from "../errors.ts";
import { enterPrivateMountNamespace, isRootUser } from "../sys/namespace.ts";
import { emptyDirectory } from "../sys/removal.ts";
import { type FileStat, readDescriptorStat } from "../sys/file_stat.ts";
import { Root } from "../sys/root.ts";
import { checkImage, findImageFormat } from "./image_format.ts";
import type { MountPoint } from "./read_image.ts";
import { setMode } from "./writer/image_root.ts";
import { unpackImage, type UnpackOptions, type UnpackSummary } from "./unpack.ts";

/** Options of {@linkcode extractArchive}. */
export interface ExtractOptions extends Pick<UnpackOptions, "onProgress" | "onWarning" | "onDebug"> {
  /** Where to, inside the root; it is made if it is not there. */
  directory: string;
}

const WRITABLE_BY_OTHERS = 0o022;
const NO_OWNERS = "owners are not kept: only root can set them";

/**
 * Extracts an archive into a directory. A name that ends in `gz` must be gzip, `.tar` tar, `.squashfs`
 * squashfs; of another name the first bytes tell.
 *
 * @throws {TorcxError} `exists` if the directory is not empty, `unsupported` for squashfs without
 * root, else what unpacking throws.
 */
export async function extractArchive(
  root: Root,
  archivePath: string,
  options: ExtractOptions,
): Promise<UnpackSummary> {
  const { directory } = options;
  using file = root.openFile(encodePath(archivePath));
  const image = { file, format: findImageFormat(archivePath, file) };
  const isRoot = isRootUser();
  const isSquashfs = image.format === "squashfs";
  if (isSquashfs && !isRoot) {
    throw new TorcxError(
      "unsupported",
      `Cannot extract ${quote(archivePath)}: only root can mount squashfs`,
      {
        hint: "Run it as root, or use unsquashfs(1)",
      },
    );
  }
  // Before a directory is made for it.
  checkImage(image);
  const path = encodePath(directory);
  const isMade = prepareDirectory(root, directory);
  using target = root.openSub(path);
  const { mode } = readDescriptorStat(target.fd);
  try {
    if (!isRoot) options.onWarning?.(NO_OWNERS, "owners-not-kept");
    using mountPoint = isSquashfs ? openMountPoint(root, directory) : undefined;
    return await unpackImage(image, target, {
      ...options,
      isOwnerKept: isRoot,
      ...(mountPoint === undefined ? {} : { mountPoint }),
    });
  } catch (error) {
    emptyDirectory(target.fd, path);
    if (isMade) root.removeDir(path);
    // Others were shut out of it.
    else setMode(target.fd, mode);
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

/** The image is mounted over its own target, where nobody else sees it, and copied below. */
function openMountPoint(root: Root, directory: string): MountPoint & Disposable {
  enterPrivateMountNamespace();
  // A descriptor from before belongs to the mounts of others, on which nothing can be mounted from here.
  const inside = Root.open(root.path, { resolver: root.resolver });
  return {
    root: inside,
    path: encodePath(directory),
    [Symbol.dispose]: () => inside[Symbol.dispose](),
  };
}
