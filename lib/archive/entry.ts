/**
 * Owns what a tar archive is made of once it is read: entries and the sink that takes them. It refuses to
 * know what becomes of them.
 */

import type { ByteString } from "../bytes.ts";

/** What an entry makes. */
export type EntryType = "file" | "directory" | "symlink" | "hardlink" | "fifo" | "char" | "block";

/** Stretches of stored data of a sparse file, in bytes: the offset in the file and the length of each, in turn. */
export type SparseMap = readonly number[];

/** One entry, all headers merged. Names are bytes as they stand in the archive, not yet made safe. */
export interface TarEntry {
  type: EntryType;
  path: ByteString;
  /** Target of a symlink or hard link, else empty. */
  linkTarget: ByteString;
  /** Permission bits (07777). */
  mode: number;
  uid: number;
  gid: number;
  /** The file's size in bytes when unpacked; 0 for what is no file. */
  size: number;
  /** Seconds since 1970, rounded down. */
  mtimeSec: number;
  /** 0 to 999 999 999. */
  mtimeNsec: number;
  /** Extended attributes by name, e.g. `user.comment`, until the entry ends; undefined if there are none. */
  xattrs: ReadonlyMap<ByteString, Uint8Array<ArrayBuffer>> | undefined;
  /** Where the data goes, undefined if the file is not sparse. */
  sparse: SparseMap | undefined;
}

/** What of an archive is left out or odd, for programs. */
export type ArchiveWarningCode =
  | "attribute-left-out"
  | "device-left-out"
  | "header-ignored"
  | "more-left-out"
  | "owners-not-kept"
  | "root-not-searchable"
  | "second-archive"
  | "squashfs-not-padded";

/** What is odd about an archive, and no error. */
export interface ArchiveWarning {
  code: ArchiveWarningCode;
  message: string;
}

/** Takes what is odd about an archive, and no error. */
export type OnArchiveWarning = (message: string, code: ArchiveWarningCode) => void;

/** Takes what the reader finds, synchronously, in archive order. What it throws ends the reading. */
export interface EntrySink {
  /** Starts an entry. */
  onEntry(entry: TarEntry): void;
  /**
   * Takes a piece of the entry's data; the bytes are only valid during the call.
   *
   * @param offset where it goes in the file, in bytes; holes of a sparse file are skipped.
   */
  onData(data: Uint8Array<ArrayBuffer>, offset: number): void;
  /** Ends the entry; all its data has come. */
  onEntryEnd(): void;
  /** Takes what is odd and no error. */
  onWarning: OnArchiveWarning;
  /** Takes what only who looks closely wants to know. */
  onDebug(message: string): void;
}
