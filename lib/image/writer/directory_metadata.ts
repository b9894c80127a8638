/**
 * Owns giving directories their owners, modes and times once everything is in them, without a look-up from
 * the root for each, and over no symlink.
 */

import { ArchiveError } from "../../errors.ts";
import { type ByteString, splitPath } from "../../bytes.ts";
import { close, openat, tryOpenat } from "../../sys/calls.ts";
import { DirectoryStack } from "../../sys/directory_stack.ts";
import { O_DIRECTORY, O_NOFOLLOW, O_PATH } from "../../sys/flags.ts";
import type { Root } from "../../sys/root.ts";
import type { DirectoryRecord } from "./directory_log.ts";

const DIRECTORY = O_PATH | O_DIRECTORY | O_NOFOLLOW;
/** Read and search: without them what lies below is out of reach, for others than root. */
const NEEDED = 0o500;
/** Names of directories without them; honest archives have a few, and these are kept in memory. */
const CLOSED_BYTES_MAX = 4 * 1024 * 1024;

/** What is done with each directory, by its name in an open one. */
export interface FinishOptions {
  /** Whether a record may be of a directory in whose place there is something else. */
  hasReplaced: boolean;
  /** Sets all of it; the mode only if it is not left for later. */
  write: (parent: number, name: ByteString, record: DirectoryRecord, isModeLeft: boolean) => void;
  writeMode: (parent: number, name: ByteString, mode: number) => void;
  /** Takes the failure of one directory. */
  fail: (path: ByteString, cause: unknown) => never;
}

/**
 * Writes what each directory gets. What comes last for one path stays.
 *
 * @throws {ArchiveError} if too many directories cannot be read or searched by their owner.
 */
export function finishDirectories(
  root: Root,
  records: Iterable<DirectoryRecord>,
  { hasReplaced, write, writeMode, fail }: FinishOptions,
): void {
  using way = new Way(root);
  /** Modes that come last, the deepest first. */
  const closed = new ClosedDirectories();
  const act = (path: ByteString, use: (parent: number, name: ByteString) => void): void => {
    const { parent, name } = splitPath(path);
    try {
      const directory = way.enter(parent);
      // In the place of a directory that was removed there is something else.
      if (!hasReplaced || isDirectory(directory, name)) use(directory, name);
    } catch (cause) {
      fail(path, cause);
    }
  };
  for (const record of records) {
    const isModeLeft = (record.mode & NEEDED) !== NEEDED;
    act(record.path, (parent, name) => {
      write(parent, name, record, isModeLeft);
      closed.set(record.path, isModeLeft ? record.mode : undefined);
    });
  }
  for (const [path, mode] of closed.list()) act(path, (parent, name) => writeMode(parent, name, mode));
}

function isDirectory(parent: number, name: ByteString): boolean {
  const fd = tryOpenat(parent, name, DIRECTORY);
  if (fd < 0) return false;
  close(fd);
  return true;
}

/** The way from the root to the directory that is at work: the next one is mostly near. */
class Way implements Disposable {
  readonly #stack: DirectoryStack;
  readonly #names: ByteString[] = [];
  /** Undefined if the way ended before. */
  #path: ByteString | undefined = "" as ByteString;

  constructor(root: Root) {
    this.#stack = new DirectoryStack(root.fd);
  }

  /** Returns a descriptor (O_PATH) that is valid until the next call. */
  enter(path: ByteString): number {
    if (path !== this.#path) {
      this.#path = undefined;
      this.#go(path === "" ? [] : path.split("/") as ByteString[]);
      this.#path = path;
    }
    return this.#stack.top;
  }

  #go(names: readonly ByteString[]): void {
    let common = 0;
    while (common < this.#names.length && this.#names[common] === names[common]) common++;
    while (this.#names.length > common) {
      this.#stack.pop();
      this.#names.pop();
    }
    for (const name of names.slice(common)) {
      this.#stack.push(name, openat(this.#stack.top, name, DIRECTORY));
      this.#names.push(name);
    }
  }

  [Symbol.dispose](): void {
    this.#stack[Symbol.dispose]();
  }
}

/** Directories that are shut as the last thing of all. */
class ClosedDirectories {
  readonly #modes = new Map<ByteString, number>();
  #bytes = 0;

  set(path: ByteString, mode: number | undefined): void {
    // The engine keeps each string that is looked up until its next large collection.
    if (mode === undefined && this.#modes.size === 0) return;
    if (this.#modes.delete(path)) this.#bytes -= path.length;
    if (mode === undefined) return;
    this.#bytes += path.length;
    if (this.#bytes > CLOSED_BYTES_MAX) {
      throw new ArchiveError("it is one of too many directories that their owner may not read or search", {
        hint: "Let the owner read and search the directories of the image: chmod -R u+rX",
      });
    }
    this.#modes.set(path, mode);
  }

  /** What lies below a directory comes before it. */
  list(): [path: ByteString, mode: number][] {
    return [...this.#modes].sort(([a], [b]) => (a < b ? 1 : -1));
  }
}
