/**
 * Owns where a file has data and where holes (lseek(2) with SEEK_DATA and SEEK_HOLE), for tests of sparse
 * files.
 */

import type { ByteString } from "../../lib/bytes.ts";
import { close, openat } from "../../lib/sys/calls.ts";
import { AT_FDCWD, O_RDONLY } from "../../lib/sys/flags.ts";
import { libc } from "../../lib/sys/libc.ts";

/** include/uapi/linux/fs.h. */
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** A stretch of data: its start and end, in bytes. */
export type Extent = readonly [start: number, end: number];

/** Returns the stretches of data of a file of the host. */
export function readExtents(path: ByteString): Extent[] {
  const fd = openat(AT_FDCWD, path, O_RDONLY);
  try {
    const extents: Extent[] = [];
    for (let at = 0;;) {
      const start = Number(libc.lseek64(fd, BigInt(at), SEEK_DATA));
      // ENXIO: no data up to the end.
      if (start < 0) return extents;
      at = Number(libc.lseek64(fd, BigInt(start), SEEK_HOLE));
      extents.push([start, at]);
    }
  } finally {
    close(fd);
  }
}
