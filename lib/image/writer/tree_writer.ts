/**
 * Owns the policy of unpacking as root (03-archives "Writing"): each entry becomes a file below one root, the
 * last component never followed, metadata in an order that nothing later undoes.
 */

import type { ArchiveWarningCode, EntrySink, OnArchiveWarning, TarEntry } from "../../archive/entry.ts";
import { type ByteString, decodePath, joinPath, splitPath } from "../../bytes.ts";
import { ArchiveError, isErrno, quote, SyscallError } from "../../errors.ts";
import {
  close,
  ftruncate,
  mkdirat,
  mkfifoat,
  openat,
  pwriteAll,
  statx,
  symlinkat,
  tryMkdirat,
  tryOpenat,
  writeAll,
} from "../../sys/calls.ts";
import type { ReportEntries } from "../../manifest/report.ts";
import { EEXIST, getErrnoName } from "../../sys/errno.ts";
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from "../../sys/flags.ts";
import { type FileType, toFileStat } from "../../sys/file_stat.ts";
import type { Root } from "../../sys/root.ts";
import { type Directory, DirectoryCache, PARENT_MODE } from "./directory_cache.ts";
import { DirectoryLog } from "./directory_log.ts";
import { finishDirectories } from "./directory_metadata.ts";
import { failEntry } from "./entry_fault.ts";
import { normalizeEntryPath } from "./entry_path.ts";
import { makeHardlink } from "./hardlinks.ts";
import { ImageRoot } from "./image_root.ts";
import { type MetadataOptions, MetadataWriter } from "./metadata.ts";

/** What was written. */
export interface TreeCounts extends ReportEntries {
  unpackedBytes: number;
}

const O_NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const PRIVATE_FIFO = 0o600;
const ROOT_USER = { uid: 0, gid: 0 };

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
  readonly #imageRoot: ImageRoot;
  readonly #cache: DirectoryCache;
  readonly #metadata: MetadataWriter;
  readonly #onWarning: OnArchiveWarning;
  readonly #onDebug: (message: string) => void;
  /** Directories get their metadata at the end: later entries change their times. */
  readonly #directories: DirectoryLog;
  /** Whether a directory has attributes, which another entry of the same name would take back. */
  #hasDirectoryXattrs = false;
  #entry: TarEntry | undefined;
  /** The regular file that data goes to. */
  #fd = -1;

  constructor(root: Root, options: MetadataOptions) {
    this.#root = root;
    this.#imageRoot = new ImageRoot(root.fd);
    this.#directories = new DirectoryLog(root.fd);
    this.#cache = new DirectoryCache(root, {
      isOwnerKept: options.isOwnerKept,
      isModeInherent: this.#imageRoot.isExact(PARENT_MODE) &&
        (!options.isOwnerKept || this.#imageRoot.isInherited(ROOT_USER)),
    });
    this.#metadata = new MetadataWriter(this.#imageRoot, options);
    this.#onWarning = options.onWarning;
    this.#onDebug = options.onDebug ?? ((): void => {});
  }

  onEntry(entry: TarEntry): void {
    this.#entry = entry;
    try {
      this.#start(entry);
    } catch (cause) {
      failEntry(entry.path, cause);
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
      failEntry(entry.path, cause);
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
      failEntry(entry.path, cause);
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
   * Gives directories their owners, modes and times, then lets others into the image root.
   *
   * @throws {TorcxError} naming the directory.
   */
  finish(): void {
    finishDirectories(this.#root, this.#directories.read(), {
      hasReplaced: this.#cache.hasRemoved,
      write: (parent, name, record, isModeLeft) =>
        this.#metadata.writeDirectory(parent, name, record, isModeLeft),
      writeMode: (parent, name, mode) => this.#metadata.writeDirectoryMode(parent, name, mode),
      fail: failEntry,
    });
    this.#directories[Symbol.dispose]();
    this.#imageRoot.open();
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
    this.#cache[Symbol.dispose]();
    this.#directories[Symbol.dispose]();
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
        return this.#startFile(path, entry);
      case "directory":
        return this.#makeDirectory(path, entry);
      case "symlink":
        this.#create(path, (dir, name) => symlinkat(entry.linkTarget, dir, name), entry);
        this.counts.symlinks++;
        return;
      case "fifo":
        this.#create(path, (dir, name) => mkfifoat(dir, name, PRIVATE_FIFO), entry);
        this.counts.fifos++;
        return;
      case "hardlink":
        makeHardlink(this.#cache, path, entry);
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

  #startFile(path: ByteString, entry: TarEntry): void {
    const { parent, name } = splitPath(path);
    const directory = this.#cache.open(parent);
    const mode = this.#metadata.getFileMode(entry);
    let fd = tryOpenat(directory.fd, name, O_NEW_FILE, mode);
    if (fd === -EEXIST) {
      this.#cache.remove(directory, name);
      fd = openat(this.#cache.open(parent).fd, name, O_NEW_FILE, mode);
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
    let directory = this.#cache.open(parent);
    const mode = this.#metadata.getDirectoryMode(entry);
    let isNew = tryMkdirat(directory.fd, name, mode);
    if (!isNew && this.#getType(directory, name) !== "directory") {
      this.#cache.remove(directory, name);
      directory = this.#cache.open(parent);
      mkdirat(directory.fd, name, mode);
      isNew = true;
    }
    this.#metadata.writeDirectoryXattrs(directory.fd, name, entry, isNew || !this.#hasDirectoryXattrs);
    this.#hasDirectoryXattrs ||= entry.xattrs !== undefined;
    this.#directories.add(joinPath(directory.path, name), entry, isNew && mode === entry.mode);
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
      this.#cache.remove(directory, name);
      directory = this.#cache.open(parent);
      make(directory.fd, name);
    }
    this.#metadata.writeAt(directory.fd, name, entry);
  }

  #getType({ fd }: Directory, name: ByteString): FileType {
    return toFileStat(statx(fd, name)).type;
  }
}
