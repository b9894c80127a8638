/**
 * Owns the second reading of an archive: the data of chosen files, into the tree that the first one made. It refuses to
 * make a file.
 */

import type { EntrySink, TarEntry } from "../../archive/entry.ts";
import { type ByteString, decodePath } from "../../bytes.ts";
import { quote, TorcxError } from "../../errors.ts";
import { close, futimens, pwriteAll } from "../../sys/calls.ts";
import { O_NOFOLLOW, O_WRONLY } from "../../sys/flags.ts";
import type { Root } from "../../sys/root.ts";

/** Data written of one file, in bytes: nothing that is looked into is larger. */
export const REFILLED_BYTES_MAX = 1024 * 1024;

/** A file of the tree that lacks data. */
export interface Lack {
  /** Its path, no symlink on the way. */
  path: ByteString;
  size: number;
}

/** Writes the data of some files of an archive. */
export class RefillSink implements EntrySink, Disposable {
  readonly #tree: Root;
  readonly #lacks: ReadonlyMap<number, Lack>;
  #files = 0;
  #fd = -1;

  /** @param lacks by the number of the file in the archive, from 1. */
  constructor(tree: Root, lacks: ReadonlyMap<number, Lack>) {
    this.#tree = tree;
    this.#lacks = lacks;
  }

  onEntry(entry: TarEntry): void {
    if (entry.type !== "file") return;
    const lack = this.#lacks.get(++this.#files);
    if (lack === undefined) return;
    if (lack.size !== entry.size) {
      throw new TorcxError(
        "failed",
        `Cannot read ${quote(decodePath(lack.path))}: the archive was changed while it was read`,
      );
    }
    this.#fd = this.#tree.open(lack.path, O_WRONLY | O_NOFOLLOW);
  }

  onData(data: Uint8Array<ArrayBuffer>, offset: number): void {
    if (this.#fd < 0 || offset >= REFILLED_BYTES_MAX) return;
    pwriteAll(this.#fd, data.subarray(0, REFILLED_BYTES_MAX - offset), offset);
  }

  onEntryEnd(): void {
    if (this.#fd < 0) return;
    // Its time said what it lacked.
    futimens(this.#fd, 0n, 0);
    this[Symbol.dispose]();
  }

  /** The first reading has told. */
  onWarning(): void {}

  onDebug(): void {}

  [Symbol.dispose](): void {
    if (this.#fd >= 0) close(this.#fd);
    this.#fd = -1;
  }
}
