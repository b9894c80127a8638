/**
 * Owns the directories on the way down a tree, as descriptors, of which only the deepest few stay open:
 * RLIMIT_NOFILE is often 1024, and so may be the depth of a tree. It refuses to choose the way.
 */

import type { ByteString } from "../bytes.ts";
import { close, openat } from "./calls.ts";
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from "./flags.ts";

/** Descriptors that stay open; going up further than that means walking down again from the root. */
const OPEN_MAX = 32;
const CLOSED = -1;

/** Opens a directory (O_PATH) by its name in another one. */
type OpenDirectory = (parent: number, name: ByteString) => number;

function openHere(parent: number, name: ByteString): number {
  return openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
}

/** The way from a root directory to one below it; every component is a real directory. */
export class DirectoryStack implements Disposable {
  readonly #root: number;
  readonly #open: OpenDirectory;
  readonly #names: ByteString[] = [];
  readonly #descriptors: number[] = [];

  /**
   * The root's descriptor stays the caller's.
   *
   * @param open opens a directory again by its name in another one; never over a symlink.
   */
  constructor(root: number, open: OpenDirectory = openHere) {
    this.#root = root;
    this.#open = open;
  }

  /** How many directories below the root the deepest one is. */
  get depth(): number {
    return this.#names.length;
  }

  /**
   * An O_PATH descriptor of the deepest directory; valid until the stack changes.
   *
   * @throws {SyscallError} if a directory on the way was replaced meanwhile.
   */
  get top(): number {
    if (this.depth === 0) return this.#root;
    const fd = this.#descriptors.at(-1)!;
    return fd === CLOSED ? this.#reopen() : fd;
  }

  /** Goes down into a directory, whose O_PATH descriptor is taken over. */
  push(name: ByteString, fd: number): void {
    this.#names.push(name);
    this.#descriptors.push(fd);
    this.#close(this.depth - 1 - OPEN_MAX);
  }

  /** Goes up one level; nothing happens at the root. Returns the name of what was left. */
  pop(): ByteString | undefined {
    this.#close(this.depth - 1);
    this.#descriptors.pop();
    return this.#names.pop();
  }

  /** Goes back to the root. */
  clear(): void {
    while (this.depth > 0) this.pop();
  }

  #close(index: number): void {
    const fd = this.#descriptors[index];
    if (fd === undefined || fd === CLOSED) return;
    this.#descriptors[index] = CLOSED;
    close(fd);
  }

  /** Walks down again from the root, never over a symlink. */
  #reopen(): number {
    let parent = this.#root;
    for (const [index, name] of this.#names.entries()) {
      parent = this.#open(parent, name);
      this.#descriptors[index] = parent;
      this.#close(index - OPEN_MAX);
    }
    return parent;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
