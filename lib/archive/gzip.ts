/**
 * Owns bytes of a file → bytes of a tar stream: plain, or inflated. It reads to the very end, so that
 * every checksum counts, and lets others have their turn meanwhile.
 */

import { setImmediate } from "node:timers";
import { ArchiveError } from "../errors.ts";
import { Inflater } from "./inflate.ts";

/** Where an archive is read from. */
export interface ArchiveSource {
  /** Fills a buffer from the start; returns the count, 0 at the end. */
  read(buffer: Uint8Array<ArrayBuffer>): number;
}

/** How an archive is packed. */
export type Compression = "gzip" | "none";

const INPUT_BYTES = 64 * 1024;
/** Bytes handed on in one turn of the event loop: a signal or another archive waits no longer. */
const TURN_BYTES = 4 * 1024 * 1024;

/**
 * Reads an archive to its end.
 *
 * @param onChunk takes the bytes of the tar stream, valid during the call; what it throws ends the reading.
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
  let turnBytes = 0;
  const take = (chunk: Uint8Array<ArrayBuffer>): void => {
    turnBytes += chunk.length;
    onChunk(chunk);
  };
  using inflater = compression === "gzip" ? new Inflater(take) : undefined;
  const buffer = new Uint8Array(INPUT_BYTES);
  let readBytes = 0;
  for (let count = source.read(buffer); count > 0; count = source.read(buffer)) {
    readBytes += count;
    const input = buffer.subarray(0, count);
    if (inflater === undefined) take(input);
    else inflater.push(input);
    onProgress(readBytes);
    if (turnBytes < TURN_BYTES) continue;
    turnBytes = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  if (inflater !== undefined && readBytes === 0) {
    throw new ArchiveError("Cannot read gzip: the file is empty");
  }
  inflater?.end();
  return { readBytes };
}
