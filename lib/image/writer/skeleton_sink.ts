/**
 * Owns what a rehearsal keeps of an archive: every name, kind, link, mode and size as the boot would have it, and of
 * the data a bounded part. What a file lacks is told by its time, so that a second reading can find it. It refuses to
 * read twice.
 */

import type { ArchiveWarningCode, EntrySink, TarEntry } from "../../archive/entry.ts";
import type { FileStat } from "../../sys/file_stat.ts";
import type { TreeWriter } from "./tree_writer.ts";

/** Data kept of one archive: what would fill the memory is read again where it is needed. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;
/** Larger manifests are refused. */
const MANIFEST_BYTES_MAX = 1024 * 1024;
const UNIT_BYTES_MAX = 64 * 1024;
/** Where a program says what runs it. */
const HEAD_BYTES = 4096;
const PAGE_BYTES = 4096;
/** mm/shmem.c, SHORT_SYMLINK_LEN, with the final NUL: longer texts take a page. */
const SHORT_LINK_BYTES = 128;
const EXECUTABLE_BY_ANYONE = 0o111;

/** Names that are read most, to spare the second reading; what they miss is no mistake. */
const MANIFEST_NAME = /(?:^|\/)\.torcx\/|\.json$/;
const UNIT_NAME =
  /\.(?:automount|conf|device|link|mount|netdev|network|nspawn|path|rules|scope|service|slice|socket|swap|target|timer)$/;

/** Of those that cannot be run, too: somebody looks why. */
const PROGRAM_NAME = /(?:^|\/)s?bin\//;

/** How much of a file's data is there. */
export type FileContent =
  | { kind: "whole" }
  /** The first page at least. */
  | { kind: "head"; ordinal: number }
  /** Holes. */
  | { kind: "none"; ordinal: number };

/** Options of {@linkcode SkeletonSink}. */
export interface SkeletonOptions {
  /** Whether owners are set. Without, files must be its user's to read, and attributes are left out. */
  isOwnerKept: boolean;
}

/** Passes entries on to the tree writer, but few of their data. */
export class SkeletonSink implements EntrySink {
  /** What the data takes in a tmpfs, in bytes. */
  memoryBytes = 0;
  readonly #writer: TreeWriter;
  readonly #isOwnerKept: boolean;
  #budget = KEPT_BYTES_MAX;
  #files = 0;
  /** Bytes of the file, from its start, whose data is kept. */
  #keptBytes = 0;
  /** The last page of the file that has data. */
  #page = -1;

  constructor(writer: TreeWriter, options: SkeletonOptions) {
    this.#writer = writer;
    this.#isOwnerKept = options.isOwnerKept;
  }

  onEntry(entry: TarEntry): void {
    if (entry.type === "symlink" && entry.linkTarget.length >= SHORT_LINK_BYTES) {
      this.memoryBytes += PAGE_BYTES;
    }
    if (entry.type !== "file") return this.#writer.onEntry(this.#toOwn(entry));
    this.#files++;
    this.#page = -1;
    const wanted = Math.min(entry.size, pickBytes(entry));
    this.#keptBytes = wanted <= this.#budget ? wanted : 0;
    this.#budget -= this.#keptBytes;
    const isWhole = this.#keptBytes >= entry.size;
    this.#writer.onEntry({
      ...this.#toOwn(entry),
      mtimeSec: isWhole ? 0 : this.#files,
      mtimeNsec: this.#keptBytes > 0 ? HEAD_MARK : 0,
      // The rest is a hole.
      sparse: entry.sparse ?? (isWhole ? undefined : []),
    });
  }

  onData(data: Uint8Array<ArrayBuffer>, offset: number): void {
    const last = Math.floor((offset + data.length - 1) / PAGE_BYTES);
    this.memoryBytes += (last - Math.max(Math.floor(offset / PAGE_BYTES) - 1, this.#page)) * PAGE_BYTES;
    this.#page = last;
    const kept = this.#keptBytes - offset;
    if (kept > 0) this.#writer.onData(kept < data.length ? data.subarray(0, kept) : data, offset);
  }

  onEntryEnd(): void {
    this.#writer.onEntryEnd();
  }

  onWarning(message: string, code: ArchiveWarningCode): void {
    this.#writer.onWarning(message, code);
  }

  onDebug(message: string): void {
    this.#writer.onDebug(message);
  }

  /** What is root's alone at boot must be this user's here, and is judged all the same. */
  #toOwn(entry: TarEntry): TarEntry {
    if (this.#isOwnerKept) return entry;
    const own = entry.type === "directory" ? 0o700 : 0o600;
    return { ...entry, mode: (entry.mode & 0o777) | own, xattrs: undefined };
  }
}

/** Nanoseconds that say that a file's first page is there. */
const HEAD_MARK = 1;

/** Returns how many bytes of a file, from its start, are worth keeping. */
function pickBytes({ path, mode }: TarEntry): number {
  if (MANIFEST_NAME.test(path)) return MANIFEST_BYTES_MAX;
  if (UNIT_NAME.test(path)) return UNIT_BYTES_MAX;
  return (mode & EXECUTABLE_BY_ANYONE) !== 0 || PROGRAM_NAME.test(path) ? HEAD_BYTES : 0;
}

/** Returns how much of the data of a file in such a tree is there; `ordinal` counts the archive's files from 1. */
export function judgeContent({ type, size, mtimeSec, mtimeNsec }: FileStat): FileContent {
  if (type !== "file" || size === 0 || mtimeSec <= 0) return { kind: "whole" };
  return { kind: mtimeNsec === HEAD_MARK ? "head" : "none", ordinal: mtimeSec };
}
