/**
 * Owns how a file appears whole or not at all: a temporary file beside it, its sync, the rename, the sync of
 * the directory. It refuses paths: it works on a name in a directory that the caller has opened.
 */

import { isErrno, quote, SyscallError, TorcxError } from "../errors.ts";
import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import { copyAttributes } from "./attributes.ts";
import { close, fchmod, fchown, fsync, linkat, openat, renameat, unlinkat, writeAll } from "./calls.ts";
import { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } from "./flags.ts";

/** Options of `Root.writeFileAtomic()`. */
export interface WriteFileOptions {
  /** The new file's mode, whatever the umask. */
  mode: number;
  /** The new file's owner; by default that of this process. */
  owner?: { uid: number; gid: number };
  /** An open file whose extended attributes and ACL the new one gets; it is refused if one cannot be set. */
  attributesOf?: number;
  /** Fails with EEXIST instead of replacing a file. Default false. */
  isNew?: boolean;
  /** Told of what fails once the file is in its place: it is written, and nothing of that undoes it. */
  onLateFault?: (fault: TorcxError) => void;
}

let temporaryCounter = 0;

/** Returns a name for a temporary file beside another one. */
export function makeTemporaryName(): ByteString {
  // Process ids come again: what a crash has left behind must not stop a later process.
  const salt = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);
  return encodePath(`.torcx-${Deno.pid}-${++temporaryCounter}-${salt}.tmp`);
}

/** Returns whether `makeTemporaryName()` gives such names. */
export function isTemporaryName(name: ByteString): boolean {
  return /^\.torcx-\d+-\d+-[0-9a-z]+\.tmp$/.test(name);
}

/** Where a file is written. */
export interface FilePlace {
  /** An O_PATH descriptor of the directory. */
  dir: number;
  name: ByteString;
  /** The whole path, for messages. */
  path: ByteString;
}

/**
 * Writes a file whole or not at all.
 *
 * @throws {SyscallError} if it is not written; what fails after the rename goes to `onLateFault` alone.
 */
export function writeFileAtomicAt(
  { dir, name, path }: FilePlace,
  data: Uint8Array<ArrayBuffer>,
  options: WriteFileOptions,
): void {
  const temporary = makeTemporaryName();
  try {
    writeNewFileAt({ dir, name: temporary }, data, options);
    // Unlike a rename, a link never replaces what somebody else has made in the meantime.
    if (options.isNew === true) linkat(dir, temporary, dir, name);
    else renameat(dir, temporary, dir, name);
  } catch (error) {
    // The failure is the one to tell; a temporary that stays is in nobody's way.
    catchSyscallError(() => unlinkat(dir, temporary));
    throw error;
  }
  const tellLate = (cause: SyscallError | undefined, state: string): void => {
    if (cause === undefined) return;
    const message = `${quote(decodePath(path))} is written, but ${state}`;
    options.onLateFault?.(new TorcxError(cause.code, message, { cause }));
  };
  if (options.isNew === true) {
    const fault = catchSyscallError(() => unlinkat(dir, temporary));
    tellLate(fault, `its temporary file ${quote(temporary)} cannot be removed`);
  }
  const fault = catchSyscallError(() => syncDirectory(dir));
  tellLate(fault, "its directory cannot be synced: a power failure may lose it");
}

/** Writes a new file that must not exist yet, with this exact mode and owner. */
export function writeNewFileAt(
  { dir, name }: Pick<FilePlace, "dir" | "name">,
  data: Uint8Array<ArrayBuffer>,
  { mode, owner, attributesOf }: Pick<WriteFileOptions, "mode" | "owner" | "attributesOf">,
): void {
  const fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeAll(fd, data);
    // A change of owner clears setuid bits: it comes before the mode.
    if (owner !== undefined) fchown(fd, owner.uid, owner.gid);
    if (attributesOf !== undefined) copyAttributes(attributesOf, fd);
    fchmod(fd, mode);
    fsync(fd);
  } finally {
    close(fd);
  }
}

/** Returns the failure of a system call, where it decides nothing. */
function catchSyscallError(call: () => void): SyscallError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof SyscallError) return error;
    throw error;
  }
}

/** Syncs a directory that is open, by O_PATH too. */
export function syncDirectory(dir: number): void {
  const fd = openat(dir, encodePath("."), O_RDONLY | O_DIRECTORY);
  try {
    fsync(fd);
  } catch (error) {
    // fsync(2): EINVAL where the file system has nothing to sync.
    if (!isErrno(error, "EINVAL")) throw error;
  } finally {
    close(fd);
  }
}
