/**
 * Owns bytes of a file → bytes of a tar stream: plain, or inflated on another thread while this one
 * takes what came before. It reads to the very end, so that every checksum counts.
 */

import { setImmediate } from "node:timers";
import { createGunzip } from "node:zlib";
import { ArchiveError } from "../errors.ts";

/** Where an archive is read from. */
export interface ArchiveSource {
  /** Fills a buffer from the start; returns the count, 0 at the end. */
  read(buffer: Uint8Array<ArrayBuffer>): number;
}

/** How an archive is packed. */
export type Compression = "gzip" | "none";

/** Larger chunks wait longer for the collector: 64 KiB keeps the process 40 MB smaller than 1 MiB. */
const OUTPUT_BYTES = 64 * 1024;
const INPUT_BYTES = 64 * 1024;
/** How much is read in one turn of the event loop where nothing else ends it. */
const TURN_BYTES = 64 * INPUT_BYTES;
/** Inflated chunks that may wait for the writer. */
const QUEUE_MAX = 16;

/**
 * Reads an archive to its end.
 *
 * @param onChunk takes the bytes of the tar stream; what it throws ends the reading.
 * @param onProgress is told how many bytes of the archive were read.
 * @returns how many bytes the archive has.
 * @throws {ArchiveError} if it is no valid gzip, or empty.
 */
export async function readArchive(
  source: ArchiveSource,
  compression: Compression,
  onChunk: (chunk: Uint8Array<ArrayBuffer>) => void,
  onProgress: (readBytes: number) => void = () => {},
): Promise<{ readBytes: number }> {
  return compression === "gzip"
    ? await readGzip(source, onChunk, onProgress)
    : await readPlain(source, onChunk, onProgress);
}

async function readPlain(
  source: ArchiveSource,
  onChunk: (chunk: Uint8Array<ArrayBuffer>) => void,
  onProgress: (readBytes: number) => void,
): Promise<{ readBytes: number }> {
  const buffer = new Uint8Array(INPUT_BYTES);
  let readBytes = 0;
  for (let count = source.read(buffer); count > 0; count = source.read(buffer)) {
    readBytes += count;
    onChunk(buffer.subarray(0, count));
    onProgress(readBytes);
    // A signal is only heard between turns.
    if (readBytes % TURN_BYTES === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return { readBytes };
}

function readGzip(
  source: ArchiveSource,
  onChunk: (chunk: Uint8Array<ArrayBuffer>) => void,
  onProgress: (readBytes: number) => void,
): Promise<{ readBytes: number }> {
  const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  const input = new Uint8Array(INPUT_BYTES);
  const queue: Uint8Array<ArrayBuffer>[] = [];
  let readBytes = 0;
  let isDraining = false;
  let isEnded = false;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      queue.length = 0;
      isEnded = true;
      gunzip.destroy();
      reject(error);
    };
    const guard = (act: () => void): void => {
      if (isEnded) return;
      try {
        act();
      } catch (error) {
        fail(error);
      }
    };
    const finish = (): void => {
      isEnded = true;
      if (readBytes === 0) return fail(new ArchiveError("Cannot read gzip: the file is empty"));
      resolve({ readBytes });
    };
    // The input is used up when the callback comes: one buffer serves all reads.
    const feed = (): void =>
      guard(() => {
        const count = source.read(input);
        if (count === 0) {
          gunzip.end();
          return;
        }
        readBytes += count;
        onProgress(readBytes);
        gunzip.write(input.subarray(0, count), (error) => {
          if (error === null || error === undefined) feed();
        });
      });
    // Taking a chunk in its own turn lets the next one be inflated meanwhile.
    const drain = (): void =>
      guard(() => {
        const chunk = queue.shift();
        if (chunk === undefined) {
          isDraining = false;
          if (gunzip.readableEnded) finish();
          return;
        }
        onChunk(chunk);
        if (queue.length < QUEUE_MAX / 2 && gunzip.isPaused()) gunzip.resume();
        setImmediate(drain);
      });
    gunzip.on("data", (chunk: Uint8Array<ArrayBuffer>) => {
      queue.push(chunk);
      if (queue.length >= QUEUE_MAX) gunzip.pause();
      if (isDraining) return;
      isDraining = true;
      setImmediate(drain);
    });
    gunzip.on("end", () => {
      if (!isDraining) guard(finish);
    });
    gunzip.on("error", (cause: Error) => {
      if (!isEnded) fail(describeFault(cause));
    });
    feed();
  });
}

/** zlib's words for what users can look up. */
const FAULTS: Record<string, string> = {
  "unexpected end of file": "the file is cut off",
  "incorrect data check": "its checksum is wrong: the file is damaged",
  "incorrect length check": "its length is wrong: the file is damaged",
  "incorrect header check": "the file does not start as one, or garbage follows it",
};

function describeFault(cause: Error): ArchiveError {
  return new ArchiveError(`Cannot read gzip: ${FAULTS[cause.message] ?? cause.message}`, { cause });
}
