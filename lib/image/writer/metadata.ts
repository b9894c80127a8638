/** Owns owners, modes, attributes and times of unpacked files, in the order that nothing later undoes. */

import type { OnArchiveWarning, TarEntry } from "../../archive/entry.ts";
import type { ByteString } from "../../bytes.ts";
import { fchmod, fchmodat, fchown, futimens, lchownat, lutimensat } from "../../sys/calls.ts";
import type { DirectoryRecord } from "./directory_log.ts";
import { type ImageRoot, withDirectory } from "./image_root.ts";
import { XattrWriter } from "./xattrs.ts";

/** Options of {@linkcode MetadataWriter}. */
export interface MetadataOptions {
  /** Whether owners are set; only root can. */
  isOwnerKept: boolean;
  onWarning: OnArchiveWarning;
  /** Takes what only who looks closely wants to know. */
  onDebug?: (message: string) => void;
}

/** setuid and setgid. */
const OWNER_BITS = 0o6000;
/** Nobody else reads a file before its owner and mode are set. */
const PRIVATE_FILE = 0o600;
/** What the owner needs in a directory while its contents are made. */
const PRIVATE_DIRECTORY = 0o700;

/** Sets the metadata of entries. */
export class MetadataWriter {
  readonly #root: ImageRoot;
  readonly #options: MetadataOptions;
  readonly #xattrs: XattrWriter;
  #hasWarned = false;

  constructor(root: ImageRoot, options: MetadataOptions) {
    this.#root = root;
    this.#options = options;
    this.#xattrs = new XattrWriter(options.onWarning);
  }

  /** Returns the mode to make a file with: its own where that is all that it needs. */
  getFileMode(entry: TarEntry): number {
    return this.#isMadeWhole(entry) ? entry.mode : PRIVATE_FILE;
  }

  /** Returns the mode to make a directory with: its own, or one that {@linkcode writeDirectory} has to change. */
  getDirectoryMode({ mode }: TarEntry): number {
    const isOwn = (mode & PRIVATE_DIRECTORY) === PRIVATE_DIRECTORY && this.#root.isExact(mode);
    return isOwn ? mode : PRIVATE_DIRECTORY;
  }

  /**
   * Sets the metadata of an open file that was made with {@linkcode getFileMode}.
   *
   * @throws {SyscallError} if the kernel refuses.
   */
  write(fd: number, entry: TarEntry): void {
    if (!this.#isMadeWhole(entry)) this.#writeAll(fd, entry);
    futimens(fd, BigInt(entry.mtimeSec), entry.mtimeNsec);
  }

  #writeAll(fd: number, entry: TarEntry): void {
    // chown clears setuid and capabilities, a write clears capabilities, all of them change times.
    if (this.#isOwnerNeeded(entry)) fchown(fd, entry.uid, entry.gid);
    const { xattrs } = entry;
    const { isOwnerKept } = this.#options;
    // Only root may set attributes of what it may not write.
    if (xattrs !== undefined && !isOwnerKept) this.#xattrs.write(fd, xattrs);
    fchmod(fd, this.#pickMode(entry));
    if (xattrs !== undefined && isOwnerKept) this.#xattrs.write(fd, xattrs);
  }

  /**
   * Sets the metadata of a symlink or FIFO that the caller has just made.
   *
   * @throws {SyscallError} if the kernel refuses.
   */
  writeAt(directory: number, name: ByteString, entry: TarEntry): void {
    if (this.#isOwnerNeeded(entry)) lchownat(directory, name, entry.uid, entry.gid);
    if (entry.type !== "symlink") fchmodat(directory, name, this.#pickMode(entry));
    if (entry.xattrs !== undefined) this.#xattrs.writeAt(directory, name, entry.xattrs);
    lutimensat(directory, name, BigInt(entry.mtimeSec), entry.mtimeNsec);
  }

  /**
   * Sets the attributes of a directory, which are too large to be kept until it has all that is in it.
   *
   * @param isNew whether the directory has none of another entry.
   * @throws {SyscallError} if the kernel refuses.
   */
  writeDirectoryXattrs(directory: number, name: ByteString, { xattrs }: TarEntry, isNew: boolean): void {
    if (xattrs === undefined && isNew) return;
    withDirectory(directory, name, (fd) => {
      if (!isNew) this.#xattrs.clear(fd);
      if (xattrs !== undefined) this.#xattrs.write(fd, xattrs);
    });
  }

  /**
   * Sets owner, mode and time of a directory that has all that is in it.
   *
   * @param isModeLeft whether {@linkcode writeDirectoryMode} comes later.
   * @throws {SyscallError} if the kernel refuses.
   */
  writeDirectory(directory: number, name: ByteString, record: DirectoryRecord, isModeLeft: boolean): void {
    if (this.#isOwnerNeeded(record)) lchownat(directory, name, record.uid, record.gid);
    if (!isModeLeft && !record.isModeSet) this.writeDirectoryMode(directory, name, record.mode);
    lutimensat(directory, name, BigInt(record.mtimeSec), record.mtimeNsec);
  }

  /**
   * Sets the mode of a directory.
   *
   * @throws {SyscallError} if the kernel refuses.
   */
  writeDirectoryMode(directory: number, name: ByteString, mode: number): void {
    withDirectory(directory, name, (fd) => fchmod(fd, this.#pickMode({ mode })));
  }

  /** Returns whether a file lacks nothing but its time once it is made and written. */
  #isMadeWhole(entry: TarEntry): boolean {
    return entry.xattrs === undefined && this.#root.isExact(entry.mode) && !this.#isOwnerNeeded(entry);
  }

  #isOwnerNeeded(owner: { uid: number; gid: number }): boolean {
    return this.#options.isOwnerKept && !this.#root.isInherited(owner);
  }

  /** Without the right owner, setuid and setgid would lend somebody else's rights. */
  #pickMode({ mode }: { mode: number }): number {
    if (this.#options.isOwnerKept || (mode & OWNER_BITS) === 0) return mode;
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#options.onWarning("setuid and setgid are not kept, as owners are not", "owners-not-kept");
    }
    return mode & ~OWNER_BITS;
  }
}
