/**
 * Owns the walk through a mounted image: its files become entries as an archive has them, so that one sink serves
 * both. It refuses to mount.
 */

import { setImmediate } from "node:timers";
import type { EntrySink, EntryType, TarEntry } from "../archive/entry.ts";
import { type ByteString, encodePath, joinPath } from "../bytes.ts";
import { isErrno, type SyscallError } from "../errors.ts";
import { findAttributes } from "../sys/attributes.ts";
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "../sys/flags.ts";
import type { FileStat } from "../sys/file_stat.ts";
import type { Root } from "../sys/root.ts";

const CHUNK_BYTES = 256 * 1024;
/** What is taken in one turn of the event loop: a signal waits no longer. */
const TURN_BYTES = 1024 * 1024;
/** What a file counts beside its data: looking at it takes as long as reading so much. */
const ENTRY_BYTES = 4096;

/** What a file of the source is as an entry; sockets have none. */
const TYPES: Partial<Record<FileStat["type"], EntryType>> = {
  file: "file",
  directory: "directory",
  symlink: "symlink",
  fifo: "fifo",
  char: "char",
  block: "block",
};

/** Options of {@linkcode copyTree}. */
export interface CopyTreeOptions {
  /** Called between turns of the event loop; what it throws ends the copying. */
  onTurn?: () => void;
  /** Told what cannot be read (EIO), and left out; without, that is thrown. */
  onUnreadable?: (path: ByteString, error: SyscallError) => void;
}

/**
 * Copies everything below the root of `source`, in bytewise order of names.
 *
 * @throws {TorcxError} what the sink throws, or that a file cannot be read.
 */
export async function copyTree(source: Root, sink: EntrySink, options: CopyTreeOptions = {}): Promise<void> {
  const copier = new Copier(source, sink, options);
  const pending: ByteString[] = [encodePath("")];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    pending.push(...(await copier.copyDirectory(directory)).reverse());
  }
}

class Copier {
  readonly #source: Root;
  readonly #sink: EntrySink;
  readonly #options: CopyTreeOptions;
  readonly #buffer = new Uint8Array(CHUNK_BYTES);
  /** First names of files with several, by inode. */
  readonly #linked = new Map<bigint, ByteString>();
  #turnBytes = 0;

  constructor(source: Root, sink: EntrySink, options: CopyTreeOptions) {
    this.#source = source;
    this.#sink = sink;
    this.#options = options;
  }

  /** Copies what is in a directory, and returns the directories in it. */
  async copyDirectory(directory: ByteString): Promise<ByteString[]> {
    const below: ByteString[] = [];
    const top = directory === "" ? encodePath("/") : directory;
    await this.#attempt(top, async () => {
      for (const { name } of this.#source.readDir(top)) {
        const path = joinPath(directory, name);
        await this.#attempt(path, async () => {
          if (await this.#copyEntry(path) === "directory") below.push(path);
        });
      }
    });
    return below;
  }

  async #attempt(path: ByteString, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (this.#options.onUnreadable === undefined || !isErrno(error, "EIO")) throw error;
      this.#options.onUnreadable(path, error);
    }
  }

  async #copyEntry(path: ByteString): Promise<EntryType | undefined> {
    const sink = this.#sink;
    const stat = this.#source.lstat(path);
    const type = TYPES[stat.type];
    await this.#count(ENTRY_BYTES);
    if (type === undefined) return undefined;
    if (type !== "directory" && stat.nlink > 1) {
      const first = this.#linked.get(stat.ino);
      if (first !== undefined) {
        writeEntry(sink, { ...makeEntry(path, "hardlink", stat), linkTarget: first, size: 0 });
        return type;
      }
      this.#linked.set(stat.ino, path);
    }
    if (type === "file") await this.#copyFile(path, stat);
    else if (type === "symlink") {
      writeEntry(sink, { ...makeEntry(path, type, stat), linkTarget: this.#source.readLink(path) });
    } else writeEntry(sink, { ...makeEntry(path, type, stat), xattrs: findXattrs(this.#source, path, type) });
    return type;
  }

  async #copyFile(path: ByteString, stat: FileStat): Promise<void> {
    using file = this.#source.openFile(path, O_NOFOLLOW);
    this.#sink.onEntry({ ...makeEntry(path, "file", stat), xattrs: file.findAttributes() });
    let offset = 0;
    for (let count = file.read(this.#buffer); count > 0; count = file.read(this.#buffer)) {
      this.#sink.onData(this.#buffer.subarray(0, count), offset);
      offset += count;
      await this.#count(count);
    }
    this.#sink.onEntryEnd();
  }

  /** Lets others have their turn each time enough was taken. */
  async #count(bytes: number): Promise<void> {
    this.#turnBytes += bytes;
    if (this.#turnBytes <= TURN_BYTES) return;
    this.#turnBytes = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#options.onTurn?.();
  }
}

function makeEntry(path: ByteString, type: EntryType, stat: FileStat): TarEntry {
  return {
    type,
    path,
    linkTarget: encodePath(""),
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    size: type === "file" ? stat.size : 0,
    mtimeSec: stat.mtimeSec,
    mtimeNsec: stat.mtimeNsec,
    xattrs: undefined,
    sparse: undefined,
  };
}

function writeEntry(sink: EntrySink, entry: TarEntry): void {
  sink.onEntry(entry);
  sink.onEntryEnd();
}

/** Attributes of what can be opened without an effect: FIFOs and devices have none worth it. */
function findXattrs(source: Root, path: ByteString, type: EntryType): TarEntry["xattrs"] {
  if (type !== "directory") return undefined;
  return source.withOpen(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, findAttributes);
}
