/**
 * Owns what directories are to get once everything is in them: packed records in the order of the archive, in
 * memory of a fixed size, and beyond that in a file without a name. It refuses to know what is done with them.
 */

import { type ByteString, encodePath, fromBytes } from "../../bytes.ts";
import { makeTemporaryName } from "../../sys/atomic_file.ts";
import { close, openat, pread, tryOpenat, unlinkat, writeAll } from "../../sys/calls.ts";
import { EISDIR, ENOENT, EOPNOTSUPP } from "../../sys/errno.ts";
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_TMPFILE } from "../../sys/flags.ts";

/** Owner, mode and time of a directory. */
export interface DirectoryMetadata {
  uid: number;
  gid: number;
  mode: number;
  mtimeSec: number;
  mtimeNsec: number;
}

/** A directory, and what it gets. */
export interface DirectoryRecord extends DirectoryMetadata {
  /** By real path below the image root, no symlink on the way. */
  path: ByteString;
  /** Whether it was made with its mode. */
  isModeSet: boolean;
}

const DOT = encodePath(".");
const PRIVATE_FILE = 0o600;
/** Most images have fewer directories than fill this. */
const START_BYTES = 64 * 1024;
/** Where the file begins. */
const MEMORY_BYTES = 1024 * 1024;

/** What stands before the path: its length, the mode, uid, gid, nanoseconds, seconds. */
const HEAD_BYTES = 24;
const AT = { LENGTH: 0, MODE: 2, UID: 4, GID: 8, NANOSECONDS: 12, SECONDS: 16 } as const;
/** In the mode's field, above the twelve bits of the mode. */
const MODE_SET = 0x8000;

/** The records of one image. */
export class DirectoryLog implements Disposable {
  readonly #directory: number;
  readonly #memoryBytes: number;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #filled = 0;
  #file = -1;

  /**
   * @param directory a descriptor of the directory, on whose file system the file is made.
   * @param memoryBytes where the file begins; at least that of one record.
   */
  constructor(directory: number, memoryBytes: number = MEMORY_BYTES) {
    this.#directory = directory;
    this.#memoryBytes = memoryBytes;
  }

  /**
   * Adds a record; of several for one path the last one counts.
   *
   * @throws {SyscallError} if the file cannot be made, or the file system is full.
   */
  add(path: ByteString, metadata: DirectoryMetadata, isModeSet: boolean): void {
    this.#makeRoom(HEAD_BYTES + path.length);
    const at = this.#filled;
    const view = this.#view;
    view.setUint16(at + AT.LENGTH, path.length);
    view.setUint16(at + AT.MODE, metadata.mode | (isModeSet ? MODE_SET : 0));
    view.setUint32(at + AT.UID, metadata.uid);
    view.setUint32(at + AT.GID, metadata.gid);
    view.setUint32(at + AT.NANOSECONDS, metadata.mtimeNsec);
    view.setFloat64(at + AT.SECONDS, metadata.mtimeSec);
    for (let index = 0; index < path.length; index++) {
      this.#bytes[at + HEAD_BYTES + index] = path.charCodeAt(index);
    }
    this.#filled = at + HEAD_BYTES + path.length;
  }

  /** Returns the records in the order in which they were added; none may be added any more. */
  *read(): Generator<DirectoryRecord> {
    if (this.#file < 0) {
      yield* this.#decode(this.#filled);
      return;
    }
    this.#spill();
    let offset = 0;
    for (;;) {
      const count = pread(this.#file, this.#bytes, offset);
      if (count === 0) return;
      // A record may be cut off here: it comes whole with the next piece.
      offset += yield* this.#decode(count);
    }
  }

  /** Forgets all records. */
  [Symbol.dispose](): void {
    if (this.#file >= 0) close(this.#file);
    this.#file = -1;
    this.#filled = 0;
  }

  *#decode(end: number): Generator<DirectoryRecord, number> {
    const view = this.#view;
    let at = 0;
    while (at + HEAD_BYTES <= end) {
      const next = at + HEAD_BYTES + view.getUint16(at + AT.LENGTH);
      if (next > end) break;
      const mode = view.getUint16(at + AT.MODE);
      yield {
        path: fromBytes(this.#bytes.subarray(at + HEAD_BYTES, next)),
        mode: mode & ~MODE_SET,
        isModeSet: (mode & MODE_SET) !== 0,
        uid: view.getUint32(at + AT.UID),
        gid: view.getUint32(at + AT.GID),
        mtimeNsec: view.getUint32(at + AT.NANOSECONDS),
        mtimeSec: view.getFloat64(at + AT.SECONDS),
      };
      at = next;
    }
    return at;
  }

  #makeRoom(bytes: number): void {
    if (this.#filled + bytes <= this.#bytes.length) return;
    if (this.#bytes.length < this.#memoryBytes) {
      const larger = new Uint8Array(
        Math.min(Math.max(2 * this.#bytes.length, START_BYTES), this.#memoryBytes),
      );
      larger.set(this.#bytes.subarray(0, this.#filled));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
      return this.#makeRoom(bytes);
    }
    if (this.#file < 0) this.#file = makeUnnamedFile(this.#directory);
    this.#spill();
  }

  #spill(): void {
    writeAll(this.#file, this.#bytes.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

/** Makes a file that goes with its descriptor. */
function makeUnnamedFile(directory: number): number {
  const fd = tryOpenat(directory, DOT, O_RDWR | O_TMPFILE, PRIVATE_FILE);
  if (fd >= 0) return fd;
  // Not every file system has such files; the errno differs (open(2)).
  if (![-EOPNOTSUPP, -EISDIR, -ENOENT].includes(fd)) {
    return openat(directory, DOT, O_RDWR | O_TMPFILE, PRIVATE_FILE);
  }
  return makeAndUnlink(directory);
}

function makeAndUnlink(directory: number): number {
  const name = makeTemporaryName();
  const fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, PRIVATE_FILE);
  try {
    unlinkat(directory, name);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}
