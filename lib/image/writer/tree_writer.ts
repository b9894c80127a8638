/**
 * Owns the policy of unpacking as root (03-archives "Writing"): each entry becomes a file below one root, the
 * last component never followed, metadata in an order that nothing later undoes. It has over 300 lines as
 * each kind of entry is a method on the same open directories and counts.
 */

import type { ArchiveWarningCode, EntrySink, OnArchiveWarning, TarEntry } from "../../archive/entry.ts";
import { type ByteString, decodePath, joinPath, splitPath } from "../../bytes.ts";
import { ArchiveError, isErrno, quote, SyscallError, TorcxError } from "../../errors.ts";
import {
  close,
  ftruncate,
  linkat,
  mkdirat,
  mkfifoat,
  openat,
  pwriteAll,
  statx,
  symlinkat,
  tryLinkat,
  tryMkdirat,
  tryOpenat,
  unlinkat,
  writeAll,
} from "../../sys/calls.ts";
import type { ReportEntries } from "../../manifest/report.ts";
import { EEXIST, ENOENT, EPERM, getErrnoName } from "../../sys/errno.ts";
import { AT_REMOVEDIR, O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from "../../sys/flags.ts";
import { type FileType, toFileStat } from "../../sys/file_stat.ts";
import type { Root } from "../../sys/root.ts";
import { type Directory, DirectoryCache } from "./directory_cache.ts";
import { finishDirectories } from "./directory_metadata.ts";
import { findLinkSource, normalizeEntryPath } from "./entry_path.ts";
import { type MetadataOptions, MetadataWriter } from "./metadata.ts";

/** What was written. */
export interface TreeCounts extends ReportEntries {
  unpackedBytes: number;
}

const O_NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
/** Nobody else reads a file before its owner and mode are set. */
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** Errors of the kernel that an archive's own shape brings about. */
const ARCHIVE_ERRNOS = [
  "E2BIG",
  "EEXIST",
  "EFBIG",
  "EINVAL",
  "EISDIR",
  "ELOOP",
  "EMLINK",
  "ENAMETOOLONG",
  "ENOENT",
  "ENOTDIR",
  "ENOTEMPTY",
  "EPERM",
  "ERANGE",
];

/** Writes entries below a root that nobody else writes. */
export class TreeWriter implements EntrySink, Disposable {
  readonly counts: TreeCounts = {
    unpackedBytes: 0,
    files: 0,
    directories: 0,
    symlinks: 0,
    hardlinks: 0,
    fifos: 0,
    skipped: 0,
  };
  readonly #root: Root;
  readonly #cache: DirectoryCache;
  readonly #metadata: MetadataWriter;
  readonly #onWarning: OnArchiveWarning;
  readonly #onDebug: (message: string) => void;
  /** Directories get their metadata at the end, by real path: later entries change their times. */
  readonly #directories = new Map<ByteString, TarEntry>();
  #entry: TarEntry | undefined;
  /** The regular file that data goes to. */
  #fd = -1;

  constructor(root: Root, options: MetadataOptions) {
    this.#root = root;
    this.#cache = new DirectoryCache(root, options);
    this.#metadata = new MetadataWriter(root, options);
    this.#onWarning = options.onWarning;
    this.#onDebug = options.onDebug ?? ((): void => {});
  }

  onEntry(entry: TarEntry): void {
    this.#entry = entry;
    try {
      this.#start(entry);
    } catch (cause) {
      fail(entry, cause);
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
      fail(entry, cause);
    }
  }

  onEntryEnd(): void {
    if (this.#fd < 0) return;
    const entry = this.#entry!;
    try {
      // What no region covers is a hole, the end included.
      if (entry.sparse !== undefined) ftruncate(this.#fd, entry.size);
      this.#metadata.write(this.#fd, entry);
    } catch (cause) {
      fail(entry, cause);
    }
    close(this.#fd);
    this.#fd = -1;
  }

  onWarning(message: string, code: ArchiveWarningCode): void {
    this.#onWarning(message, code);
  }

  onDebug(message: string): void {
    this.#onDebug(message);
  }

  /**
   * Gives directories their owners, modes and times, the deepest first.
   *
   * @throws {TorcxError} naming the directory.
   */
  finish(): void {
    finishDirectories(this.#root, {
      directories: this.#directories,
      write: (fd, entry) => {
        try {
          this.#metadata.write(fd, entry);
        } catch (cause) {
          fail(entry, cause);
        }
      },
    });
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
    switch (entry.type) {
      case "file":
        return this.#startFile(path);
      case "directory":
        return this.#makeDirectory(path, entry);
      case "symlink":
        this.#create(path, (dir, name) => symlinkat(entry.linkTarget, dir, name), entry);
        this.counts.symlinks++;
        return;
      case "fifo":
        this.#create(path, (dir, name) => mkfifoat(dir, name, PRIVATE_FILE), entry);
        this.counts.fifos++;
        return;
      case "hardlink":
        this.#makeHardlink(path, entry);
        this.counts.hardlinks++;
        return;
      case "char":
      case "block":
        this.counts.skipped++;
        this.onWarning(
          `${entry.type} device ${quote(decodePath(entry.path))} is skipped: images have none`,
          "device-left-out",
        );
        return;
      default:
        entry.type satisfies never;
    }
  }

  #startFile(path: ByteString): void {
    const { parent, name } = splitPath(path);
    const directory = this.#cache.open(parent);
    let fd = tryOpenat(directory.fd, name, O_NEW_FILE, PRIVATE_FILE);
    if (fd === -EEXIST) {
      this.#removeExisting(directory, name);
      fd = openat(this.#cache.open(parent).fd, name, O_NEW_FILE, PRIVATE_FILE);
    }
    if (fd < 0) {
      throw new SyscallError("openat", {
        args: quote(decodePath(path)),
        errno: getErrnoName(-fd),
        text: "cannot create",
      });
    }
    this.#fd = fd;
    this.counts.files++;
  }

  #makeDirectory(path: ByteString, entry: TarEntry): void {
    const { parent, name } = splitPath(path);
    const directory = this.#cache.open(parent);
    const realPath = joinPath(directory.path, name);
    if (
      !tryMkdirat(directory.fd, name, PRIVATE_DIRECTORY) && this.#getType(directory, name) !== "directory"
    ) {
      this.#removeExisting(directory, name);
      mkdirat(this.#cache.open(parent).fd, name, PRIVATE_DIRECTORY);
    }
    this.#directories.set(realPath, entry);
    this.counts.directories++;
  }

  /** Makes a symlink or FIFO, in place of what has its name, and sets its metadata. */
  #create(path: ByteString, make: (dir: number, name: ByteString) => void, entry: TarEntry): void {
    const { parent, name } = splitPath(path);
    let directory = this.#cache.open(parent);
    try {
      make(directory.fd, name);
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
      this.#removeExisting(directory, name);
      directory = this.#cache.open(parent);
      make(directory.fd, name);
    }
    this.#metadata.writeAt(directory.fd, name, entry);
  }

  /** A hard link has no metadata of its own. */
  #makeHardlink(path: ByteString, entry: TarEntry): void {
    const { parent, name } = splitPath(path);
    const from = findLinkSource(entry.linkTarget);
    if (from === undefined) throw describeSource(entry, "is a directory");
    // `..` is resolved by the kernel, behind symlinks where there are some.
    const uncached = from.isPlain ? undefined : this.#openSource(entry, from.parent);
    try {
      const source = uncached ?? this.#openCachedSource(entry, from.parent);
      const directory = this.#cache.open(parent);
      const result = tryLinkat(source.fd, from.name, directory.fd, name);
      if (result === 0) return;
      if (result === -EEXIST) this.#replaceByLink(source, from, directory, path, entry);
      else if (result === -ENOENT) throw describeSource(entry, "does not exist");
      else if (result === -EPERM && this.#getType(source, from.name) === "directory") {
        throw describeSource(entry, "is a directory");
      } else linkat(source.fd, from.name, directory.fd, name);
    } finally {
      if (uncached !== undefined) close(uncached.fd);
    }
  }

  #openCachedSource(entry: TarEntry, parent: ByteString): Directory {
    try {
      return this.#cache.openExisting(parent);
    } catch (cause) {
      throw describeSource(entry, "does not exist", cause);
    }
  }

  #openSource(entry: TarEntry, parent: ByteString): Directory {
    try {
      return this.#cache.openUncached(parent);
    } catch (cause) {
      throw describeSource(entry, "does not exist", cause);
    }
  }

  #replaceByLink(
    source: Directory,
    from: { name: ByteString; parent: ByteString },
    directory: Directory,
    path: ByteString,
    entry: TarEntry,
  ): void {
    const { parent, name } = splitPath(path);
    const wanted = this.#findStat(source, from.name);
    if (wanted === undefined) throw describeSource(entry, "does not exist");
    if (wanted.type === "directory") throw describeSource(entry, "is a directory");
    if (wanted.ino === statx(directory.fd, name).ino) {
      // Made before: by another entry, or by itself where an archive names a file twice.
      return;
    }
    // What is replaced may be a symlink on the way to the source: that stays open.
    const kept = this.#openSource(entry, from.parent);
    try {
      this.#removeExisting(directory, name);
      linkat(kept.fd, from.name, this.#cache.open(parent).fd, name);
    } finally {
      close(kept.fd);
    }
  }

  /** Removes what a later entry replaces; a directory only if it is empty. */
  #removeExisting(directory: Directory, name: ByteString): void {
    const type = this.#getType(directory, name);
    try {
      unlinkat(directory.fd, name, type === "directory" ? AT_REMOVEDIR : 0);
    } catch (error) {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
      throw new ArchiveError("a directory that is not empty has its place", { cause: error });
    }
    if (type === "directory") this.#directories.delete(joinPath(directory.path, name));
    // A new name cannot change where other paths lead, but one that goes can.
    if (type === "directory" || type === "symlink") this.#cache.clear();
  }

  #getType({ fd }: Directory, name: ByteString): FileType {
    return toFileStat(statx(fd, name)).type;
  }

  #findStat({ fd }: Directory, name: ByteString): { ino: bigint; type: FileType } | undefined {
    try {
      return toFileStat(statx(fd, name));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }
}

function describeSource(entry: TarEntry, state: string, cause?: unknown): ArchiveError {
  return new ArchiveError(
    `its link target ${quote(decodePath(entry.linkTarget))} ${state}`,
    cause === undefined ? {} : { cause },
  );
}

/** Throws the error of an entry: the archive's fault, or the system's. */
function fail(entry: TarEntry, cause: unknown): never {
  if (!(cause instanceof TorcxError)) throw cause;
  const message = `Cannot unpack entry ${quote(decodePath(entry.path))}`;
  // That root may not set an attribute is the system's doing.
  const isForbidden = isErrno(cause, "EPERM") && cause.call.endsWith("setxattr");
  if (cause instanceof ArchiveError || (isErrno(cause, ...ARCHIVE_ERRNOS) && !isForbidden)) {
    throw new ArchiveError(message, { cause });
  }
  throw new TorcxError(isErrno(cause, "EDQUOT") ? "no_space" : cause.code, message, { cause });
}
