/**
 * Reads every archive of the corpus whole and cut at odd borders: the reader tells the same, whatever
 * comes in one piece, up to the same refusal.
 */

import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { readArchive } from "../../../lib/archive/decompress.ts";
import { TarReader } from "../../../lib/archive/tar_reader.ts";
import { encodePath } from "../../../lib/bytes.ts";
import { ArchiveError, listMessages } from "../../../lib/errors.ts";
import { Root } from "../../../lib/sys/root.ts";
import { CORPUS_DIR, readCorpus } from "../../support/corpus.ts";
import { testWith } from "../../support/needs.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Streams up to this size are also read byte by byte. */
const SINGLE_BYTES_MAX = 256 * 1024;
/** Sizes of chunks, one after the other: none divides a block, some are longer than one. */
const ODD_SIZES = [1, 511, 513, 3, 1021, 7, 4099, 255];

/** Inflates an archive; undefined if it is no valid gzip. */
async function readStream(file: string): Promise<Bytes | undefined> {
  using host = Root.open(CORPUS_DIR);
  using source = host.openFile(encodePath(file));
  const parts: Bytes[] = [];
  try {
    await readArchive(
      source,
      {
        compression: file.endsWith("gz") ? "gzip" : "none",
        onChunk: (chunk) => void parts.push(chunk.slice()),
      },
    );
  } catch (error) {
    if (error instanceof ArchiveError) return undefined;
    throw error;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Reads a stream cut into sizes that take turns; returns a line for each thing that the reader tells. */
function tell(stream: Bytes, sizes: readonly number[]): string[] {
  const lines: string[] = [];
  let data = createHash("sha256");
  let next = -1;
  const reader = new TarReader({
    onEntry: ({ xattrs, ...entry }) => {
      lines.push(
        JSON.stringify({ ...entry, xattrs: [...xattrs ?? []].map(([name, value]) => [name, ...value]) }),
      );
    },
    // Pieces of data may differ, but not what is where.
    onData: (chunk, offset) => {
      data.update(chunk);
      if (offset !== next) lines.push(`data at ${offset}`);
      next = offset + chunk.length;
    },
    onEntryEnd: () => {
      lines.push(`end at ${next}: ${data.digest("hex")}`);
      data = createHash("sha256");
      next = -1;
    },
    onWarning: (message) => void lines.push(message),
    onDebug: (message) => void lines.push(message),
  });
  try {
    let turn = 0;
    for (let at = 0; at < stream.length;) {
      const end = at + sizes[turn++ % sizes.length]!;
      // A copy that is spoilt afterwards: nothing may be kept of a chunk that is gone.
      const chunk = stream.slice(at, end);
      reader.push(chunk);
      chunk.fill(0xee);
      at = end;
    }
    reader.end();
    lines.push("whole");
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    lines.push(listMessages(error).join(": "));
  }
  return lines;
}

testWith(
  "TarReader tells the same of each archive of the corpus wherever it is cut",
  { files: [CORPUS_DIR] },
  async () => {
    const counts = { whole: 0, refused: 0, byteByByte: 0 };
    for (const { file } of readCorpus()) {
      const stream = file.endsWith(".squashfs") ? undefined : await readStream(file);
      if (stream === undefined) continue;
      const lines = tell(stream, [Infinity]);
      counts[lines.at(-1) === "whole" ? "whole" : "refused"]++;
      assertEquals(tell(stream, ODD_SIZES), lines, `${file} at odd borders`);
      if (stream.length > SINGLE_BYTES_MAX) continue;
      assertEquals(tell(stream, [1]), lines, `${file} byte by byte`);
      counts.byteByByte++;
    }
    const text = `cut at odd borders: ${counts.whole} read whole, ${counts.refused} up to a refusal`;
    Deno.stdout.writeSync(
      new TextEncoder().encode(`corpus ${text}; ${counts.byteByByte} of them byte by byte too\n`),
    );
  },
);
