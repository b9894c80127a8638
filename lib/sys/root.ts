/**
 * Owns the `Root` handle: a directory that stands for `/`. Every path that is not a constant of the kernel is
 * used through one, so that symlinks and `..` cannot lead outside. It refuses meaning: profiles, images and
 * units are words of the rooms above. It has over 300 lines as the handle is one class, whose methods are a
 * few lines each.
 */

import { isErrno, quote, SyscallError, TorcxError } from "../errors.ts";
import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import { writeFileAtomicAt, type WriteFileOptions, writeNewFileAt } from "./atomic_file.ts";
import { close, fchmod, linkat, mkdirat, openat, readlinkat, statx, symlinkat, unlinkat } from "./calls.ts";
import {
  AT_FDCWD,
  AT_REMOVEDIR,
  O_DIRECTORY,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
} from "./flags.ts";
import { type DirEntry, readDirEntries } from "./dirents.ts";
import { type FileStat, toFileStat } from "./file_stat.ts";
import { OpenFile } from "./open_file.ts";
import { removeDirectory } from "./removal.ts";
import { detectResolver, findInRoot, openInRoot, type Resolver } from "./resolve.ts";

/** Files read whole are small by nature; more is a mistake or an attack. */
const READ_FILE_MAX = 1024 * 1024;
/** A FIFO or a device does not keep who opens it. */
const READ_FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY;
const EMPTY = encodePath("");

/** Options of {@linkcode Root.open}. */
export interface RootOptions {
  /** Forces a way to resolve paths; by default the best that the kernel allows. */
  resolver?: Resolver;
}

/** A directory as the root of path resolution. Dispose it to close its descriptor. */
export class Root implements Disposable {
  /** The host path it was opened by, for messages. */
  readonly path: string;
  /** An O_PATH descriptor of the directory. */
  readonly fd: number;
  readonly resolver: Resolver;
  #isOpen = true;

  private constructor(path: string, { fd, resolver }: { fd: number; resolver: Resolver }) {
    this.path = path;
    this.fd = fd;
    this.resolver = resolver;
  }

  /**
   * Opens a directory of the host as a root.
   *
   * @throws {SyscallError} if it is not a directory or cannot be searched.
   */
  static open(path: string, options: RootOptions = {}): Root {
    const fd = openat(AT_FDCWD, encodePath(path), O_PATH | O_DIRECTORY);
    try {
      return new Root(path, { fd, resolver: options.resolver ?? detectResolver(fd) });
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  /** Opens a directory inside this root as a root of its own. */
  openSub(path: ByteString): Root {
    const fd = this.open(path, O_PATH | O_DIRECTORY);
    return new Root(
      `${this.path.replace(/\/$/, "")}/${decodePath(path).replace(/^\//, "")}`,
      { fd, resolver: this.resolver },
    );
  }

  /**
   * Opens a directory below another one as a root of its own, and follows no symlink between the two.
   *
   * @throws {SyscallError} ELOOP if there is one.
   */
  openBelow(top: ByteString, path: ByteString): Root {
    const fd = this.withOpen(
      top,
      O_PATH | O_DIRECTORY,
      (topFd) =>
        openInRoot(this.resolver, topFd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW, { isSymlinkRefused: true }),
    );
    return new Root(decodePath(path === "" ? top : joinPath(top, path)), { fd, resolver: this.resolver });
  }

  /** Opens a path, calls `use` with the descriptor, and closes it. */
  withOpen<T>(path: ByteString, flags: number, use: (fd: number) => T): T {
    const fd = this.open(path, flags);
    try {
      return use(fd);
    } finally {
      close(fd);
    }
  }

  /** Opens a path; the caller closes the descriptor. */
  open(path: ByteString, flags: number, mode = 0): number {
    return openInRoot(this.resolver, this.fd, path, flags, { mode });
  }

  /**
   * Opens the parent directory of a path (O_PATH), calls `use` with it and the last component, and
   * closes it.
   */
  withParent<T>(path: ByteString, use: (dir: number, name: ByteString) => T): T {
    const { parent, name } = splitPath(path);
    if (name === "" || name === "." || name === "..") {
      throw new SyscallError("resolve", {
        args: quote(decodePath(path)),
        errno: "EINVAL",
        text: "Invalid argument",
      });
    }
    const dir = this.open(parent, O_PATH | O_DIRECTORY);
    try {
      return use(dir, name);
    } finally {
      close(dir);
    }
  }

  /** What a path leads to, the last symlink followed inside the root. */
  stat(path: ByteString): FileStat {
    return this.#statWith(path, O_PATH);
  }

  /** What a path is, the last symlink not followed. */
  lstat(path: ByteString): FileStat {
    return this.#statWith(path, O_PATH | O_NOFOLLOW);
  }

  /** As {@linkcode Root.stat}, undefined if there is nothing (ENOENT, ENOTDIR). */
  findStat(path: ByteString): FileStat | undefined {
    return this.#findStatWith(path, O_PATH);
  }

  /** As {@linkcode Root.lstat}, undefined if there is nothing (ENOENT, ENOTDIR). */
  findLstat(path: ByteString): FileStat | undefined {
    return this.#findStatWith(path, O_PATH | O_NOFOLLOW);
  }

  #statWith(path: ByteString, flags: number): FileStat {
    return this.withOpen(path, flags, (fd) => toFileStat(statx(fd, EMPTY)));
  }

  #findStatWith(path: ByteString, flags: number): FileStat | undefined {
    const fd = findInRoot(this.resolver, this.fd, path, flags);
    if (fd === undefined) return undefined;
    try {
      return toFileStat(statx(fd, EMPTY));
    } finally {
      close(fd);
    }
  }

  /**
   * Opens a regular file for reading; a FIFO or device is refused without blocking on it.
   *
   * @param flags more flags of open(2), e.g. O_NOFOLLOW.
   * @throws {SyscallError} as open(2).
   * @throws {TorcxError} `invalid` if it is not a regular file.
   */
  openFile(path: ByteString, flags = 0): OpenFile {
    return toOpenFile(this.open(path, READ_FLAGS | flags), path);
  }

  /**
   * Reads a regular file whole.
   *
   * @param maxBytes the largest size accepted, in bytes.
   * @throws {SyscallError} as open(2) and read(2).
   * @throws {TorcxError} `invalid` if it is not a regular file or too large.
   */
  readFile(path: ByteString, maxBytes: number = READ_FILE_MAX): Uint8Array<ArrayBuffer> {
    using file = this.openFile(path);
    return readWhole(file, { path, maxBytes });
  }

  /**
   * As {@linkcode Root.readFile}, undefined if there is nothing (ENOENT, ENOTDIR).
   *
   * @throws {SyscallError} as open(2) and read(2).
   * @throws {TorcxError} `invalid` if it is not a regular file or too large.
   */
  findFile(path: ByteString, maxBytes: number = READ_FILE_MAX): Uint8Array<ArrayBuffer> | undefined {
    const fd = findInRoot(this.resolver, this.fd, path, READ_FLAGS);
    if (fd === undefined) return undefined;
    using file = toOpenFile(fd, path);
    return readWhole(file, { path, maxBytes });
  }

  /** Lists a directory, sorted bytewise, without `.` and `..`. */
  readDir(path: ByteString): DirEntry[] {
    return this.withOpen(path, O_RDONLY | O_DIRECTORY, readDirEntries);
  }

  /**
   * Returns the path from this root to what an open descriptor is of, by the kernel's own word (proc(5)).
   *
   * @throws {TorcxError} `failed` if it is not below the root.
   */
  readPathOf(fd: number): ByteString {
    const [whole, base] = [fd, this.fd].map((of) => readlinkat(AT_FDCWD, encodePath(`/proc/self/fd/${of}`)));
    if (base === "/") return whole!;
    if (whole === base) return encodePath("/");
    if (whole!.startsWith(`${base}/`)) return whole!.slice(base!.length) as ByteString;
    throw new TorcxError(
      "failed",
      `Cannot use ${quote(decodePath(whole!))}: it is not below ${quote(this.path)}`,
    );
  }

  /** Returns the target text of a symlink. */
  readLink(path: ByteString): ByteString {
    return this.withParent(path, (dir, name) => readlinkat(dir, name));
  }

  /** Makes one directory; its mode is exact whatever the umask. */
  makeDir(path: ByteString, mode: number): void {
    this.withParent(path, (dir, name) => {
      mkdirat(dir, name, 0o700);
      chmodDirectory(dir, name, { mode });
    });
  }

  /**
   * Makes a directory and its missing parents.
   *
   * @returns the paths it made, outermost first.
   */
  makeDirs(path: ByteString, mode: number): ByteString[] {
    if (this.findStat(path)?.type === "directory") return [];
    const made: ByteString[] = [];
    let current = encodePath("/");
    for (const name of path.split("/")) {
      if (name === "") continue;
      current = joinPath(current, name as ByteString);
      const stat = this.findStat(current);
      if (stat?.type === "directory") continue;
      try {
        this.makeDir(current, mode);
        made.push(current);
      } catch (error) {
        // Made by somebody else in the meantime; what it is shows at the next component.
        if (!isErrno(error, "EEXIST") || this.findStat(current)?.type !== "directory") throw error;
      }
    }
    return made;
  }

  /** Makes a symlink with this target text. */
  symlink(target: ByteString, path: ByteString): void {
    this.withParent(path, (dir, name) => symlinkat(target, dir, name));
  }

  /** Makes a second name for a file; fails if the new name exists. */
  link(from: ByteString, to: ByteString): void {
    this.withParent(
      from,
      (fromDir, fromName) => this.withParent(to, (toDir, toName) => linkat(fromDir, fromName, toDir, toName)),
    );
  }

  /** Removes a name that is not a directory. */
  unlink(path: ByteString): void {
    this.withParent(path, (dir, name) => unlinkat(dir, name));
  }

  /** Removes an empty directory. */
  removeDir(path: ByteString): void {
    this.withParent(path, (dir, name) => unlinkat(dir, name, AT_REMOVEDIR));
  }

  /**
   * Removes a tree or file without following symlinks; nothing there is no error.
   *
   * @throws {TorcxError} `busy` if something is mounted in it or on it; nothing was removed then.
   */
  removeTree(path: ByteString): void {
    const stat = this.findLstat(path);
    if (stat === undefined) return;
    if (stat.type !== "directory") return this.unlink(path);
    this.withParent(path, (dir, name) => removeDirectory(dir, name, { path, resolver: this.resolver }));
  }

  /** Writes a new file that must not exist yet, with this exact mode. */
  writeNewFile(
    path: ByteString,
    data: Uint8Array<ArrayBuffer>,
    options: Pick<WriteFileOptions, "mode">,
  ): void {
    this.withParent(path, (dir, name) => writeNewFileAt({ dir, name }, data, options));
  }

  /**
   * Writes a file whole or not at all: a temporary file beside it, fsync, rename, fsync of the directory.
   *
   * @throws {SyscallError} if it is not written; what fails after the rename goes to `onLateFault` alone.
   */
  writeFileAtomic(
    path: ByteString,
    data: Uint8Array<ArrayBuffer>,
    options: WriteFileOptions,
  ): void {
    this.withParent(path, (dir, name) => writeFileAtomicAt({ dir, name, path }, data, options));
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) close(this.fd);
    this.#isOpen = false;
  }
}

function chmodDirectory(dir: number, name: ByteString, { mode }: { mode: number }): void {
  const fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    fchmod(fd, mode);
  } finally {
    close(fd);
  }
}

/** Takes over a descriptor, which is closed if it is of no regular file. */
function toOpenFile(fd: number, path: ByteString): OpenFile {
  try {
    const stat = toFileStat(statx(fd, EMPTY));
    if (stat.type !== "file") {
      throw new TorcxError(
        "invalid",
        `Cannot read ${quote(decodePath(path))}: it is a ${stat.type}, not a regular file`,
      );
    }
    return new OpenFile(fd, stat);
  } catch (error) {
    close(fd);
    throw error;
  }
}

function readWhole(
  file: OpenFile,
  { path, maxBytes }: { path: ByteString; maxBytes: number },
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let total = 0;
  // The size is a hint only: files of /proc say 0. One byte more tells the end in one read.
  const chunk = new Uint8Array(Math.min(Math.max(file.stat.size + 1, 4096), maxBytes + 1));
  for (;;) {
    const count = file.read(chunk);
    if (count === 0) break;
    total += count;
    if (total > maxBytes) {
      throw new TorcxError(
        "invalid",
        `Cannot read ${quote(decodePath(path))}: it is larger than ${maxBytes} bytes`,
      );
    }
    parts.push(chunk.slice(0, count));
  }
  const out = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
