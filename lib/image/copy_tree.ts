/**
 * Owns the walk through a mounted image: its files become entries as an archive has them, so that one sink serves
 * both. It refuses to mount.
 */

import { setImmediate } from "node:timers";
import type { EntrySink, EntryType, TarEntry } from "../archive/entry.ts";
import { type ByteString, encodePath, joinPath } from "../bytes.ts";
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
}

/** Lets others have their turn each time enough was taken. */
class Turns {
  #bytes = 0;
  readonly #onTurn: () => void;

  constructor(onTurn: () => void = () => {}) {
    this.#onTurn = onTurn;
  }

  /** Counts, and returns whether it is others' turn. */
  take(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#bytes > TURN_BYTES;
  }

  async yield(): Promise<void> {
    this.#bytes = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#onTurn();
  }
}

/**
 * Copies everything below the root of `source`, in bytewise order of names.
 *
 * @throws {TorcxError} what the sink throws, or that a file cannot be read.
 */
export async function copyTree(
  source: Root,
  sink: EntrySink,
  { onTurn }: CopyTreeOptions = {},
): Promise<void> {
  const turns = new Turns(onTurn);
  const buffer = new Uint8Array(CHUNK_BYTES);
  /** First names of files with several, by inode. */
  const linked = new Map<bigint, ByteString>();
  const pending: ByteString[] = [encodePath("")];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const below: ByteString[] = [];
    for (const { name } of source.readDir(directory === "" ? encodePath("/") : directory)) {
      if (turns.take(ENTRY_BYTES)) await turns.yield();
      const path = joinPath(directory, name);
      const stat = source.lstat(path);
      const type = TYPES[stat.type];
      if (type === undefined) continue;
      const first = stat.type !== "directory" && stat.nlink > 1 ? linked.get(stat.ino) : undefined;
      if (first !== undefined) {
        writeEntry(sink, { ...makeEntry(path, "hardlink", stat), linkTarget: first, size: 0 });
        continue;
      }
      if (stat.nlink > 1) linked.set(stat.ino, path);
      if (type === "directory") below.push(path);
      if (type === "file") {
        using file = source.openFile(path, O_NOFOLLOW);
        sink.onEntry({ ...makeEntry(path, type, stat), xattrs: file.findAttributes() });
        let offset = 0;
        for (let count = file.read(buffer); count > 0; count = file.read(buffer)) {
          sink.onData(buffer.subarray(0, count), offset);
          offset += count;
          if (turns.take(count)) await turns.yield();
        }
        sink.onEntryEnd();
      } else if (type === "symlink") {
        writeEntry(sink, { ...makeEntry(path, type, stat), linkTarget: source.readLink(path) });
      } else writeEntry(sink, { ...makeEntry(path, type, stat), xattrs: findXattrs(source, path, type) });
    }
    pending.push(...below.reverse());
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
