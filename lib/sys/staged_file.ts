/**
 * Owns a file that grows under a hidden name beside its place, may be gone on with after a crash, and gets
 * its name only when it is whole: synced, renamed, the directory synced. It refuses to judge what is whole.
 */

import { type ByteString, decodePath, encodePath, joinPath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import {
  close,
  fchmod,
  fsync,
  ftruncate,
  openat,
  pread,
  pwriteAll,
  renameat,
  statx,
  unlinkat,
} from "./calls.ts";
import { syncDirectory } from "./atomic_file.ts";
import { toFileStat } from "./file_stat.ts";
import { O_CREAT, O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } from "./flags.ts";
import type { Root } from "./root.ts";

const EMPTY = encodePath("");
/** Nobody else reads what nobody has vouched for yet. */
const STAGED_MODE = 0o600;

/** A file that grows under a hidden name. */
export class StagedFile implements Disposable {
  readonly #dir: number;
  readonly #fd: number;
  readonly #name: ByteString;
  readonly #path: string;
  #size: number;
  #isOpen = true;

  private constructor(place: { dir: number; fd: number; name: ByteString; path: string; size: number }) {
    this.#dir = place.dir;
    this.#fd = place.fd;
    this.#name = place.name;
    this.#path = place.path;
    this.#size = place.size;
  }

  /**
   * Opens or makes the hidden file of a name in a directory.
   *
   * @throws {TorcxError} `invalid` if there is something of that name that is no plain file of one name.
   * @throws {SyscallError} as open(2).
   */
  static open(root: Root, directory: ByteString, { name }: { name: ByteString }): StagedFile {
    const dir = root.open(directory, O_RDONLY | O_DIRECTORY);
    const path = decodePath(joinPath(directory, name));
    let fd: number | undefined;
    try {
      fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, STAGED_MODE);
      const { type, nlink, size } = toFileStat(statx(fd, EMPTY));
      if (type !== "file" || nlink > 1) {
        throw new TorcxError(
          "invalid",
          `Cannot write ${quote(path)}: it is a ${type === "file" ? "file with another name" : type}`,
          { hint: "Remove it" },
        );
      }
      fchmod(fd, STAGED_MODE);
      return new StagedFile({ dir, fd, name, path, size });
    } catch (error) {
      if (fd !== undefined) close(fd);
      close(dir);
      throw error;
    }
  }

  /** How much of it is there, in bytes. */
  get size(): number {
    return this.#size;
  }

  get path(): string {
    return this.#path;
  }

  /** Fills a buffer from an offset; returns the count, 0 at the end. */
  readAt(buffer: Uint8Array<ArrayBuffer>, offset: number): number {
    return pread(this.#fd, buffer, offset);
  }

  /** Adds data at the end. */
  append(data: Uint8Array<ArrayBuffer>): void {
    pwriteAll(this.#fd, data, this.#size);
    this.#size += data.length;
  }

  /** Empties it. */
  clear(): void {
    ftruncate(this.#fd, 0);
    this.#size = 0;
  }

  /**
   * Gives it its name, in the place of whatever file has it.
   *
   * @throws {SyscallError} if that fails; it then still has its hidden name.
   */
  publish(name: ByteString, mode: number): void {
    fchmod(this.#fd, mode);
    fsync(this.#fd);
    renameat(this.#dir, this.#name, this.#dir, name);
    syncDirectory(this.#dir);
  }

  /** Removes it. */
  discard(): void {
    try {
      unlinkat(this.#dir, this.#name);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    close(this.#fd);
    close(this.#dir);
  }
}
