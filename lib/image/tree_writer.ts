/**
 * Owns the policy of unpacking as root (03-archives "Writing"): each entry becomes a file below one
 * root, the last component never followed, metadata in an order that nothing later undoes.
 */

import type { TarEntry, TarSink } from "../archive/entry.ts";
import { type ByteString, decodePath, splitPath } from "../bytes.ts";
import { ArchiveError, isErrno, quote, SyscallError, TorcxError } from "../errors.ts";
import {
  close,
  fchmod,
  fchmodat,
  fchown,
  ftruncate,
  futimens,
  lchownat,
  linkat,
  lutimensat,
  mkfifoat,
  openat,
  pwriteAll,
  statx,
  symlinkat,
  tryMkdirat,
  tryOpenat,
  unlinkat,
  writeAll,
} from "../sys/calls.ts";
import { getErrnoName } from "../sys/errno.ts";
import { AT_REMOVEDIR, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } from "../sys/flags.ts";
import { readUser } from "../sys/namespace.ts";
import { type FileType, type Root, toFileStat } from "../sys/root.ts";
import { DirectoryCache } from "./directory_cache.ts";
import { normalizeEntryPath } from "./entry_path.ts";
import { XattrWriter } from "./xattrs.ts";

/** What was written. */
export interface TreeCounts {
  unpackedBytes: number;
  files: number;
  directories: number;
  symlinks: number;
  hardlinks: number;
  fifos: number;
  skipped: number;
}

/** Options of {@linkcode TreeWriter}. */
export interface TreeWriterOptions {
  /** Whether owners are set; only root can. */
  isOwnerKept: boolean;
  onWarning: (message: string) => void;
}

const O_NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
/** Nobody else reads a file before its owner and mode are set. */
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
const EEXIST = 17;

/** Writes entries below a root that nobody else writes. */
export class TreeWriter implements TarSink, Disposable {
  readonly counts: TreeCounts = {
    unpackedBytes: 0,
    files: 0,
    directories: 0,
    symlinks: 0,
    hardlinks: 0,
    fifos: 0,
    skipped: 0,
  };
  readonly #cache: DirectoryCache;
  readonly #options: TreeWriterOptions;
  readonly #xattrs: XattrWriter;
  readonly #user = readUser();
  /** Directories get their metadata at the end: later entries change their times. */
  readonly #directories = new Map<ByteString, TarEntry>();
  #entry: TarEntry | undefined;
  /** The regular file that data goes to. */
  #fd = -1;

  constructor(root: Root, options: TreeWriterOptions) {
    this.#cache = new DirectoryCache(root);
    this.#options = options;
    this.#xattrs = new XattrWriter(options.onWarning);
  }

  onEntry(entry: TarEntry): void {
    this.#entry = entry;
    try {
      this.#start(entry);
    } catch (cause) {
      this.#fail(entry, cause);
    }
  }

  onData(data: Uint8Array<ArrayBuffer>, offset: number): void {
    if (this.#fd < 0) return;
    const entry = this.#entry!;
    try {
      if (entry.sparse === undefined) writeAll(this.#fd, data);
      else pwriteAll(this.#fd, data, offset);
      this.counts.unpackedBytes += data.length;
    } catch (cause) {
      this.#fail(entry, cause);
    }
  }

  onEntryEnd(): void {
    if (this.#fd < 0) return;
    const entry = this.#entry!;
    try {
      if (entry.sparse !== undefined) ftruncate(this.#fd, entry.size);
      this.#setMetadata(this.#fd, entry);
    } catch (cause) {
      this.#fail(entry, cause);
    }
    close(this.#fd);
    this.#fd = -1;
  }

  onWarning(message: string): void {
    this.#options.onWarning(message);
  }

  /**
   * Gives directories their owners, modes and times, the deepest first.
   *
   * @throws {TorcxError} naming the directory.
   */
  finish(): void {
    const depth = (path: string): number => path.split("/").length;
    const paths = [...this.#directories.keys()].sort((a, b) => depth(b) - depth(a));
    for (const path of paths) {
      const entry = this.#directories.get(path)!;
      try {
        this.#finishDirectory(path, entry);
      } catch (cause) {
        this.#fail(entry, cause);
      }
    }
    this.#directories.clear();
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
    this.#cache.clear();
  }

  #start(entry: TarEntry): void {
    const path = normalizeEntryPath(entry.path);
    if (path === "") {
      // The image root is 0755 root:root whatever the archive says of it.
      if (entry.type === "directory") return;
      throw new ArchiveError(`it would replace the image root by a ${entry.type}`);
    }
    const { parent, name } = splitPath(path);
    const dir = this.#cache.open(parent);
    switch (entry.type) {
      case "file":
        return this.#startFile(dir, name, path);
      case "directory":
        return this.#makeDirectory(dir, name, path, entry);
      case "symlink":
        return this.#makeSymlink(dir, name, path, entry);
      case "hardlink":
        return this.#makeHardlink(name, path, entry);
      case "fifo":
        return this.#makeFifo(dir, name, path, entry);
      case "char":
      case "block":
        this.counts.skipped++;
        this.onWarning(`${entry.type} device ${quote(decodePath(entry.path))} is skipped: images have none`);
        return;
      default:
        entry.type satisfies never;
    }
  }

  #startFile(dir: number, name: ByteString, path: ByteString): void {
    let fd = tryOpenat(dir, name, O_NEW_FILE, PRIVATE_FILE);
    if (fd === -EEXIST) {
      this.#removeExisting(dir, name, path);
      fd = openat(this.#cache.open(splitPath(path).parent), name, O_NEW_FILE, PRIVATE_FILE);
    }
    if (fd < 0) throw new SyscallError("openat", quote(decodePath(path)), getErrnoName(-fd), "cannot create");
    this.#fd = fd;
    this.counts.files++;
  }

  #makeDirectory(dir: number, name: ByteString, path: ByteString, entry: TarEntry): void {
    if (!tryMkdirat(dir, name, PRIVATE_DIRECTORY)) {
      if (this.#getType(dir, name) !== "directory") {
        this.#removeExisting(dir, name, path);
        tryMkdirat(this.#cache.open(splitPath(path).parent), name, PRIVATE_DIRECTORY);
      }
    }
    this.#directories.set(path, entry);
    this.counts.directories++;
  }

  #makeSymlink(dir: number, name: ByteString, path: ByteString, entry: TarEntry): void {
    const parent = this.#create(dir, name, path, (at) => symlinkat(entry.linkTarget, at, name));
    if (this.#isOwnerNeeded(entry)) lchownat(parent, name, entry.uid, entry.gid);
    lutimensat(parent, name, BigInt(entry.mtimeSec), entry.mtimeNsec);
    this.counts.symlinks++;
  }

  #makeFifo(dir: number, name: ByteString, path: ByteString, entry: TarEntry): void {
    const parent = this.#create(dir, name, path, (at) => mkfifoat(at, name, PRIVATE_FILE));
    if (this.#isOwnerNeeded(entry)) lchownat(parent, name, entry.uid, entry.gid);
    fchmodat(parent, name, entry.mode);
    lutimensat(parent, name, BigInt(entry.mtimeSec), entry.mtimeNsec);
    this.counts.fifos++;
  }

  /** A hard link has no metadata of its own. */
  #makeHardlink(name: ByteString, path: ByteString, entry: TarEntry): void {
    const from = splitPath(entry.linkTarget.replace(/^\/+/, "") as ByteString);
    if (from.name === "" || from.name === "." || from.name === "..") {
      throw new ArchiveError(`its link target ${quote(decodePath(entry.linkTarget))} is a directory`);
    }
    const source = this.#openSource(from.parent, entry);
    try {
      const stat = this.#statSource(source, from.name, entry);
      const parent = this.#cache.open(splitPath(path).parent);
      const existing = this.#findStat(parent, name);
      if (existing !== undefined && existing.ino === stat.ino) {
        // Made before by another entry is fine; a link to itself has no content to give.
        if (from.parent === splitPath(path).parent && from.name === name) {
          throw new ArchiveError("it is a hard link to itself");
        }
      } else this.#create(parent, name, path, (at) => linkat(source, from.name, at, name));
    } finally {
      close(source);
    }
    this.counts.hardlinks++;
  }

  #openSource(parent: ByteString, entry: TarEntry): number {
    try {
      return this.#cache.openUncached(parent);
    } catch (cause) {
      throw this.#describeSource(entry, "does not exist", cause);
    }
  }

  #statSource(dir: number, name: ByteString, entry: TarEntry): { ino: bigint } {
    const stat = this.#findStat(dir, name);
    if (stat === undefined) throw this.#describeSource(entry, "does not exist");
    if (stat.type === "directory") throw this.#describeSource(entry, "is a directory");
    return stat;
  }

  #describeSource(entry: TarEntry, state: string, cause?: unknown): ArchiveError {
    return new ArchiveError(
      `its link target ${quote(decodePath(entry.linkTarget))} ${state}`,
      cause === undefined ? {} : { cause },
    );
  }

  /** Makes a name, in place of what has it; returns the descriptor of the parent that holds now. */
  #create(dir: number, name: ByteString, path: ByteString, make: (dir: number) => void): number {
    try {
      make(dir);
      return dir;
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
    this.#removeExisting(dir, name, path);
    const parent = this.#cache.open(splitPath(path).parent);
    make(parent);
    return parent;
  }

  /** Removes what a later entry replaces; a directory only if it is empty. */
  #removeExisting(dir: number, name: ByteString, path: ByteString): void {
    const type = this.#getType(dir, name);
    try {
      unlinkat(dir, name, type === "directory" ? AT_REMOVEDIR : 0);
    } catch (error) {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
      throw new ArchiveError("a directory that is not empty has its place", { cause: error });
    }
    if (type === "directory") this.#directories.delete(path);
    if (type === "directory" || type === "symlink") this.#cache.clear();
  }

  #getType(dir: number, name: ByteString): FileType {
    return toFileStat(statx(dir, name)).type;
  }

  #findStat(dir: number, name: ByteString): { ino: bigint; type: FileType } | undefined {
    try {
      return toFileStat(statx(dir, name));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  #isOwnerNeeded({ uid, gid }: TarEntry): boolean {
    return this.#options.isOwnerKept && (uid !== this.#user.uid || gid !== this.#user.gid);
  }

  /** chown clears setuid and capabilities, a write clears capabilities, all of them change times. */
  #setMetadata(fd: number, entry: TarEntry): void {
    if (this.#isOwnerNeeded(entry)) fchown(fd, entry.uid, entry.gid);
    fchmod(fd, entry.mode);
    if (entry.xattrs !== undefined) this.#xattrs.write(fd, entry.xattrs);
    futimens(fd, BigInt(entry.mtimeSec), entry.mtimeNsec);
  }

  #finishDirectory(path: ByteString, entry: TarEntry): void {
    const { parent, name } = splitPath(path);
    const fd = openat(this.#cache.open(parent), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      this.#setMetadata(fd, entry);
    } finally {
      close(fd);
    }
  }

  #fail(entry: TarEntry, cause: unknown): never {
    if (!(cause instanceof TorcxError)) throw cause;
    const message = `Cannot unpack entry ${quote(decodePath(entry.path))}`;
    if (cause.code === "no_space") throw new TorcxError("no_space", message, { cause });
    throw new ArchiveError(message, { cause });
  }
}
