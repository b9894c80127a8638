/**
 * Owns bytes of a file → bytes of a tar stream: plain, or inflated. It reads to the very end, so that
 * every checksum counts, and lets others have their turn meanwhile.
 */

import { setImmediate } from "node:timers";
import { Inflater } from "./inflate/inflater.ts";
import { takeLane } from "./inflate/lanes.ts";
import { checkContent, HEAD_BYTES } from "./magic.ts";

/** Where an archive is read from. */
export interface ArchiveSource {
  /** Fills a buffer from the start; returns the count, 0 at the end. */
  read(buffer: Uint8Array<ArrayBuffer>): number;
  /** What is known of the file. */
  readonly stat?: { readonly size: number };
}

/** How an archive is packed. */
export type Compression = "gzip" | "none";

const INPUT_BYTES = 64 * 1024;
/** Bytes taken in one turn of the event loop: a signal or another archive waits no longer. */
const TURN_BYTES = 512 * 1024;
/** Inflating less takes no longer than starting a thread, 20 ms. */
const LANE_BYTES_MIN = 4 * 1024 * 1024;

/**
 * Reads an archive to its end.
 *
 * @param onChunk takes the bytes of the tar stream, valid during the call; what it throws ends the reading.
 * @param onProgress is told how many bytes of the archive were read.
 * @returns how many bytes the archive has.
 * @throws {ArchiveError} if it is no valid gzip; what it is instead is named where that is known.
 */
export async function readArchive(
  source: ArchiveSource,
  { compression, onChunk, onProgress = () => {} }: {
    compression: Compression;
    onChunk: (chunk: Uint8Array<ArrayBuffer>) => void;
    onProgress?: ((readBytes: number) => void) | undefined;
  },
): Promise<{ readBytes: number }> {
  let readBytes = 0;
  const read = (buffer: Uint8Array<ArrayBuffer>): number => {
    const count = source.read(buffer);
    readBytes += count;
    if (count > 0) onProgress(readBytes);
    return count;
  };
  if (compression === "none") await pump(read, onChunk);
  else await readGzip(checkHead(read), { size: source.stat?.size ?? 0, onChunk });
  return { readBytes };
}

type Read = (buffer: Uint8Array<ArrayBuffer>) => number;

/** Judges the start of a file before any of it is inflated. */
function checkHead(read: Read): Read {
  const head = new Uint8Array(HEAD_BYTES);
  let length = 0;
  for (let count = 1; count > 0 && length < head.length; length += count) {
    count = read(head.subarray(length));
  }
  checkContent("gzip", head.subarray(0, length));
  let isGiven = false;
  return (buffer) => {
    if (isGiven) return read(buffer);
    isGiven = true;
    buffer.set(head.subarray(0, length));
    return length + (length < head.length ? 0 : read(buffer.subarray(length)));
  };
}

async function readGzip(
  read: Read,
  { size, onChunk }: { size: number; onChunk: (chunk: Uint8Array<ArrayBuffer>) => void },
): Promise<void> {
  // Small files are done before a thread has started, or a lane is free.
  if (size < LANE_BYTES_MIN) return await inflateHere(read, onChunk);
  using lane = await takeLane(size);
  if (lane.thread === undefined) return await inflateHere(read, onChunk);
  try {
    await lane.thread.inflate(read, onChunk);
  } catch (error) {
    lane.breakThread();
    throw error;
  }
}

async function inflateHere(read: Read, onChunk: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void> {
  let inflated = 0;
  using inflater = new Inflater((chunk) => {
    inflated += chunk.length;
    onChunk(chunk);
  });
  await pump(read, async (input) => {
    inflated = 0;
    await inflater.push(input);
    return Math.max(inflated, input.length);
  });
  await inflater.end();
}

/** Reads a file to its end, and ends the turn each time enough was taken of it. */
async function pump(
  read: Read,
  take: (input: Uint8Array<ArrayBuffer>) => Promise<number> | void,
): Promise<void> {
  const buffer = new Uint8Array(INPUT_BYTES);
  let turnBytes = 0;
  for (let count = read(buffer); count > 0; count = read(buffer)) {
    turnBytes += await take(buffer.subarray(0, count)) ?? count;
    if (turnBytes < TURN_BYTES) continue;
    turnBytes = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
