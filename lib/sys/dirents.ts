/** Owns reading directories by getdents64(2). It refuses to open: the descriptor is handed in. */

import type { ByteString } from "../bytes.ts";
import { getdents64 } from "./calls.ts";
import type { FileType } from "./file_stat.ts";

/** One entry of a directory. */
export interface DirEntry {
  name: ByteString;
  type: FileType | "unknown";
}

/** linux/dirent.h: d_type values. */
const DIRENT_TYPES: Record<number, FileType> = {
  1: "fifo",
  2: "char",
  4: "directory",
  6: "block",
  8: "file",
  10: "symlink",
  12: "socket",
};

const direntBuffer = new Uint8Array(32 * 1024);
const direntView = new DataView(direntBuffer.buffer);

/** Reads an open directory to its end, sorted bytewise, without `.` and `..`. */
export function readDirEntries(fd: number): DirEntry[] {
  return [...streamDirEntries(fd)].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Reads an open directory piece by piece: struct linux_dirent64 {ino u64, off u64, reclen u16, type u8, name}. Until
 * it is at its end no other directory may be read. What was given may be removed meanwhile (readdir(3p)).
 */
export function* streamDirEntries(fd: number): Generator<DirEntry> {
  for (;;) {
    const count = getdents64(fd, direntBuffer);
    if (count === 0) return;
    for (let at = 0; at < count; at += direntView.getUint16(at + 16, true)) {
      const start = at + 19;
      const name = String.fromCharCode(
        ...direntBuffer.subarray(start, direntBuffer.indexOf(0, start)),
      ) as ByteString;
      if (name === "." || name === "..") continue;
      yield { name, type: DIRENT_TYPES[direntBuffer[at + 18]!] ?? "unknown" };
    }
  }
}
