/** Owns how each operation is carried out. It refuses to know an order, and to take anything back. */

import { decodePath, splitPath } from "../bytes.ts";
import { isErrno, listMessages, quote, TorcxError } from "../errors.ts";
import { mountSquashfsImage } from "../image/squashfs_check.ts";
import type { TreeCounts } from "../image/writer/tree_writer.ts";
import { type UnpackSummary, unpackTar } from "../image/unpack.ts";
import type { Logger } from "../log.ts";
import { mountTmpfs, readSpace, remountReadOnly } from "../sys/mounts.ts";
import type { Root } from "../sys/root.ts";
import { copyFile } from "../sys/file_copy.ts";
import type { ImageOperation, Operation } from "./operations.ts";
import { isDirectory, withPlace } from "./places.ts";

const DIRECTORY_MODE = 0o755;
/** Files that say what was done are not to be edited. */
const RECORD_MODE = 0o444;

/** Options of {@linkcode executeImage}. */
export interface ExecuteImageOptions {
  /** The image with its reference, for messages. */
  image: string;
  /** What to do about an archive that is refused. */
  wayOut: string;
  /** Told what is odd about an image that was mounted all the same. */
  onMountWarning: (message: string) => void;
  /** Told how many bytes of the archive were read. */
  onProgress: (readBytes: number) => void;
}

/**
 * Unpacks or mounts an image; returns what was unpacked.
 *
 * @throws {TorcxError} naming image and archive: `no_space` if the tmpfs is too small, else with the
 *   code of what unpacking or mounting throws, which is its cause.
 */
export async function executeImage(
  root: Root,
  operation: ImageOperation,
  log: Logger,
  options: ExecuteImageOptions,
): Promise<UnpackSummary | undefined> {
  const verb = operation.kind === "unpack" ? "unpack" : "mount";
  const intent = `Cannot ${verb} image ${quote(options.image)} from ${quote(decodePath(operation.archive))}`;
  let written: TreeCounts | undefined;
  try {
    root.makeDir(operation.path, DIRECTORY_MODE);
    using file = root.openFile(operation.archive);
    if (operation.kind === "mount_squashfs") {
      mountSquashfsImage(root, file, operation.path).forEach(options.onMountWarning);
      return undefined;
    }
    using tree = root.openSub(operation.path);
    return await unpackTar(file, tree, {
      compression: "gzip",
      onProgress: options.onProgress,
      onWarning: (message) => log.warning(`image ${quote(options.image)}: ${message}`),
      onDebug: (message) => log.debug(`image ${quote(options.image)}: ${message}`),
      onEnd: (counts) => written = counts,
    });
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    if (isSpaceError(cause)) throw describeSpace(root, operation, intent, written, cause);
    throw new TorcxError(cause.code, intent, {
      cause,
      ...(cause.code === "archive" ? { hint: options.wayOut } : {}),
    });
  }
}

function isSpaceError(error: unknown): boolean {
  for (let item = error; item instanceof Error; item = item.cause) {
    if (item instanceof TorcxError && item.code === "no_space") return true;
  }
  return false;
}

/**
 * Says how much there is, and how much the image has taken at least: what the rest would take is not
 * known before the archive is read to its end.
 */
function describeSpace(
  root: Root,
  operation: ImageOperation,
  intent: string,
  written: TreeCounts | undefined,
  cause: unknown,
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

/**
 * Carries out an operation that is not an image's.
 *
 * @param text what a file is to hold whose operation has no text of its own.
 * @throws {TorcxError} naming the operation, its cause the system call that failed.
 */
export function executeOperation(
  root: Root,
  operation: Exclude<Operation, ImageOperation>,
  log: Logger,
  text = "",
): void {
  const onLateFault = (fault: TorcxError): void => log.warning(listMessages(fault).join(": "));
  switch (operation.kind) {
    case "remove_seal":
      return root.unlink(operation.path);
    case "make_dir":
      return makeDirectory(root, operation, log);
    case "mount_tmpfs":
      return mountTmpfs(root, operation.path, operation);
    case "link":
      return withPlace(root, operation.path, (directory, name) => directory.symlink(operation.target, name));
    case "copy":
      return executeCopy(root, operation);
    case "write_run_profile":
    case "write_seal":
      return root.writeFileAtomic(operation.path, encode(operation.text), RECORD_MODE, { onLateFault });
    case "write_report":
      return root.writeFileAtomic(operation.path, encode(text), RECORD_MODE, { onLateFault });
    case "remount_read_only":
      return remountReadOnly(root, operation.path);
    default:
      operation satisfies never;
  }
}

function executeCopy(root: Root, { from, path, mode }: Extract<Operation, { kind: "copy" }>): void {
  using source = root.openFile(from);
  try {
    // What appeared since the plan was made is kept: the apply fails, it does not overwrite.
    withPlace(root, path, (directory, name) => copyFile(source, directory, name, mode));
  } catch (cause) {
    if (!isSpaceError(cause)) throw cause;
    const { parent } = splitPath(path);
    throw new TorcxError(
      "no_space",
      `Cannot copy ${source.stat.size} bytes: the file system of ${quote(decodePath(parent))} is full`,
      {
        cause,
        hint: `Make room there, or enlarge it: mount -o remount,size=SIZE (see "df ${decodePath(parent)}")`,
      },
    );
  }
}

function makeDirectory(root: Root, operation: Extract<Operation, { kind: "make_dir" }>, log: Logger): void {
  try {
    withPlace(root, operation.path, (directory, name) => directory.makeDir(name, DIRECTORY_MODE));
  } catch (error) {
    if (isErrno(error, "EEXIST") && isDirectory(root, operation.path)) return;
    if (!operation.isOptional || !isErrno(error, "EROFS", "ENOENT", "ENOTDIR", "EACCES", "EPERM")) {
      throw error;
    }
    log.info(
      `cannot make directory ${quote(decodePath(operation.path))}: ${error.errno}; going on without it`,
    );
  }
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
