/** Owns a regular file that is open for reading. It refuses to open: that is the `Root` handle's. */

import type { ByteString } from "../bytes.ts";
import { findAttributes } from "./attributes.ts";
import { close, lseek, pread, read } from "./calls.ts";
import { SEEK_SET } from "./flags.ts";
import type { FileStat } from "./file_stat.ts";

/** A regular file that is open for reading. */
export class OpenFile implements Disposable {
  readonly fd: number;
  readonly stat: FileStat;
  #isOpen = true;

  constructor(fd: number, stat: FileStat) {
    this.fd = fd;
    this.stat = stat;
  }

  /** Fills a buffer from an offset in the file; returns the count, 0 at the end. */
  readAt(buffer: Uint8Array<ArrayBuffer>, offset: number): number {
    return pread(this.fd, buffer, offset);
  }

  /** Fills a buffer from the start; returns the count, 0 at the end. */
  read(buffer: Uint8Array<ArrayBuffer>): number {
    return read(this.fd, buffer);
  }

  /** Has {@linkcode OpenFile.read} start anew. */
  rewind(): void {
    lseek(this.fd, 0, SEEK_SET);
  }

  /** Reads the extended attributes; undefined if there are none, or the file system has none. */
  findAttributes(): Map<ByteString, Uint8Array<ArrayBuffer>> | undefined {
    return findAttributes(this.fd);
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) close(this.fd);
    this.#isOpen = false;
  }
}
