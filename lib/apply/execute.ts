/**
 * Owns how each operation is carried out. It knows no order and takes nothing back: `apply.ts` calls
 * it, operation by operation, and `undo.ts` for the way back.
 */

import { type ByteString, decodePath, splitPath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { type UnpackSummary, unpackTar } from "../image/unpack.ts";
import type { Logger } from "../log.ts";
import { mountSquashfs, mountTmpfs, readSpace, remountReadOnly } from "../sys/mounts.ts";
import type { Root } from "../sys/root.ts";
import type { ImageOperation, Operation } from "./operations.ts";
import { COPY_BYTES_MAX } from "./undo.ts";

const DIRECTORY_MODE = 0o755;
/** Files that say what was done are not to be edited. */
const RECORD_MODE = 0o444;

/** Options of {@linkcode executeImage}. */
export interface ExecuteImageOptions {
  /** Told how many bytes of the archive were read. */
  onProgress: (readBytes: number) => void;
}

/**
 * Unpacks or mounts an image; returns what was unpacked.
 *
 * @throws {TorcxError} `no_space` if the tmpfs is too small, else what unpacking or mounting throws.
 */
export async function executeImage(
  root: Root,
  operation: ImageOperation,
  log: Logger,
  options: ExecuteImageOptions,
): Promise<UnpackSummary | undefined> {
  root.makeDir(operation.path, DIRECTORY_MODE);
  using file = root.openFile(operation.archive);
  if (operation.kind === "mount_squashfs") {
    mountSquashfs(root, file, operation.path);
    return undefined;
  }
  using tree = root.openSub(operation.path);
  try {
    return await unpackTar(file, tree, {
      compression: "gzip",
      onProgress: options.onProgress,
      onWarning: (message) => log.warning(`image ${quote(operation.image)}: ${message}`),
    });
  } catch (error) {
    throw isSpaceError(error) ? describeSpace(root, operation, error) : error;
  }
}

function isSpaceError(error: unknown): boolean {
  for (let item = error; item instanceof Error; item = item.cause) {
    if (item instanceof TorcxError && item.code === "no_space") return true;
  }
  return false;
}

/** Says how much the image needs and how much there is. */
function describeSpace(root: Root, operation: ImageOperation, cause: unknown): TorcxError {
  const { totalBytes, freeBytes, totalInodes, freeInodes } = readSpace(
    root,
    splitPath(operation.path).parent,
  );
  const need = findUnpackedSize(root, operation.archive);
  const limit = freeInodes === 0 && totalInodes > 0
    ? `the tmpfs is limited to ${totalInodes} files`
    : `the tmpfs is limited to ${totalBytes} bytes, ${freeBytes} are free`;
  return new TorcxError(
    "no_space",
    `Cannot unpack image ${quote(operation.image)}: it needs ${need}, ${limit} for all images of the profile`,
    {
      cause,
      hint: 'Raise "unpack_size" in the config file, or use a squashfs archive, which takes no memory',
    },
  );
}

/** The last four bytes of a gzip member are its unpacked size modulo 2^32 (RFC 1952, ISIZE). */
function findUnpackedSize(root: Root, archive: ByteString): string {
  using file = root.openFile(archive);
  const tail = new Uint8Array(4);
  file.readAt(tail, Math.max(file.stat.size - tail.length, 0));
  return `about ${new DataView(tail.buffer).getUint32(0, true)} bytes`;
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
  switch (operation.kind) {
    case "make_dir":
      return makeDirectory(root, operation, log);
    case "mount_tmpfs":
      return mountTmpfs(root, operation.path, operation.size);
    case "link":
      return root.symlink(operation.target, operation.path);
    case "copy":
      return root.writeFileAtomic(
        operation.path,
        root.readFile(operation.from, COPY_BYTES_MAX),
        operation.mode,
        // What appeared since the plan was made is kept: the apply fails, it does not overwrite.
        { isNew: true },
      );
    case "write_run_profile":
    case "write_seal":
      return root.writeFileAtomic(operation.path, encode(operation.text), RECORD_MODE);
    case "write_report":
      return root.writeFileAtomic(operation.path, encode(text), RECORD_MODE);
    case "remount_read_only":
      return remountReadOnly(root, operation.path);
    default:
      operation satisfies never;
  }
}

function makeDirectory(root: Root, operation: Extract<Operation, { kind: "make_dir" }>, log: Logger): void {
  try {
    root.makeDir(operation.path, DIRECTORY_MODE);
  } catch (error) {
    if (isErrno(error, "EEXIST") && root.findStat(operation.path)?.type === "directory") return;
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
