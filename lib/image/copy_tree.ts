/**
 * Owns copying a mounted image into a directory: its files become entries of the same tree writer that
 * archives go through. It refuses to mount.
 */

import type { EntryType, TarEntry, TarSink } from "../archive/entry.ts";
import { type ByteString, encodePath, joinPath } from "../bytes.ts";
import { findAttributes } from "../sys/attributes.ts";
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "../sys/flags.ts";
import type { FileStat } from "../sys/file_stat.ts";
import type { Root } from "../sys/root.ts";

const CHUNK_BYTES = 256 * 1024;

/** What a file of the source is as an entry; sockets have none. */
const TYPES: Partial<Record<FileStat["type"], EntryType>> = {
  file: "file",
  directory: "directory",
  symlink: "symlink",
  fifo: "fifo",
  char: "char",
  block: "block",
};

/**
 * Copies everything below the root of `source`, in bytewise order of names.
 *
 * @throws {TorcxError} as the tree writer's, naming the entry.
 */
export function copyTree(source: Root, writer: TarSink): void {
  const buffer = new Uint8Array(CHUNK_BYTES);
  /** First names of files with several, by inode. */
  const linked = new Map<bigint, ByteString>();
  const pending: ByteString[] = [encodePath("")];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const below: ByteString[] = [];
    for (const { name } of source.readDir(directory === "" ? encodePath("/") : directory)) {
      const path = joinPath(directory, name);
      const stat = source.lstat(path);
      const type = TYPES[stat.type];
      if (type === undefined) continue;
      const first = stat.type !== "directory" && stat.nlink > 1 ? linked.get(stat.ino) : undefined;
      if (first !== undefined) {
        writeEntry(writer, { ...makeEntry(path, "hardlink", stat), linkTarget: first, size: 0 });
        continue;
      }
      if (stat.nlink > 1) linked.set(stat.ino, path);
      if (type === "directory") below.push(path);
      if (type === "file") copyFile(source, path, stat, writer, buffer);
      else if (type === "symlink") {
        writeEntry(writer, { ...makeEntry(path, type, stat), linkTarget: source.readLink(path) });
      } else writeEntry(writer, { ...makeEntry(path, type, stat), xattrs: findXattrs(source, path, type) });
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

function writeEntry(writer: TarSink, entry: TarEntry): void {
  writer.onEntry(entry);
  writer.onEntryEnd();
}

function copyFile(
  source: Root,
  path: ByteString,
  stat: FileStat,
  writer: TarSink,
  buffer: Uint8Array<ArrayBuffer>,
): void {
  using file = source.openFile(path, O_NOFOLLOW);
  writer.onEntry({ ...makeEntry(path, "file", stat), xattrs: file.findAttributes() });
  let offset = 0;
  for (let count = file.read(buffer); count > 0; count = file.read(buffer)) {
    writer.onData(buffer.subarray(0, count), offset);
    offset += count;
  }
  writer.onEntryEnd();
}

/** Attributes of what can be opened without an effect: FIFOs and devices have none worth it. */
function findXattrs(source: Root, path: ByteString, type: EntryType): TarEntry["xattrs"] {
  if (type !== "directory") return undefined;
  return source.withOpen(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, findAttributes);
}
