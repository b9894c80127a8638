/** Tests inflating: members, padding, faults, and every border between two reads. */

import { assertEquals, assertRejects } from "@std/assert";
import { crc32, gzipSync } from "node:zlib";
import { type ArchiveSource, type Compression, readArchive } from "../../../lib/archive/decompress.ts";
import { ArchiveError } from "../../../lib/errors.ts";
import { BAD_STREAMS, GOOD_STREAMS, gzip, makeText, PIECES, TEXT } from "../../support/gzip_streams.ts";
import { concat } from "../../support/tar_builder.ts";

/** A source that gives at most so many bytes a read. */
function makeSource(data: Uint8Array, size: number): ArchiveSource {
  let at = 0;
  return {
    read(buffer): number {
      const part = data.subarray(at, at + Math.min(size, buffer.length));
      buffer.set(part);
      at += part.length;
      return part.length;
    },
  };
}

async function read(
  data: Uint8Array,
  size = Infinity,
  compression: Compression = "gzip",
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const { readBytes } = await readArchive(
    makeSource(data, size),
    { compression, onChunk: (chunk) => chunks.push(chunk.slice()) },
  );
  assertEquals(readBytes, data.length);
  return concat(...chunks);
}

Deno.test("readArchive() inflates members and padding whatever the borders of reads", async () => {
  for (const [name, [stream, text]] of Object.entries(GOOD_STREAMS)) {
    for (const size of PIECES) assertEquals(await read(stream, size), concat(text), `${name}, ${size}`);
  }
});

Deno.test("readArchive() inflates more than its buffers hold", async () => {
  const zeros = new Uint8Array(5_000_000);
  const noise = concat(makeText(1_500_000));
  assertEquals(await read(gzip(zeros)), zeros);
  assertEquals(await read(concat(gzip(noise), gzip(zeros))), concat(noise, zeros));
  // Exactly one buffer, and one byte more or less.
  for (const length of [256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1]) {
    assertEquals((await read(gzip(new Uint8Array(length)))).length, length);
  }
});

Deno.test("readArchive() refuses what is no gzip from its first byte to its last", async () => {
  for (const [name, stream, reason] of BAD_STREAMS) {
    for (const size of PIECES) {
      await assertRejects(() => read(stream, size), ArchiveError, reason, `${name}, ${size}`);
    }
  }
});

Deno.test("readArchive() reads a header with every optional field", async () => {
  const body = gzip(TEXT).subarray(10);
  const fields = concat("\x1f\x8b\x08\x1e", "\0\0\0\0", "\0\x03", "\x02\0ab", "name\0", "comment\0");
  const sum = crc32(fields) & 0xffff;
  const crc = Uint8Array.of(sum & 0xff, sum >> 8);
  for (const size of PIECES) assertEquals(await read(concat(fields, crc, body), size), concat(TEXT));
  const wrong = Uint8Array.of(crc[0]! ^ 1, crc[1]!);
  await assertRejects(() => read(concat(fields, wrong, body)), ArchiveError, "header crc");
});

Deno.test("readArchive() hands on plain files as they are", async () => {
  for (const size of PIECES) assertEquals(await read(concat(TEXT), size, "none"), concat(TEXT));
  assertEquals((await read(new Uint8Array(0), Infinity, "none")).length, 0);
});

Deno.test("readArchive() tells progress and passes on what its takers throw", async () => {
  const stream = gzip(makeText(500_000));
  const told: number[] = [];
  await readArchive(makeSource(stream, 100_000), {
    compression: "gzip",
    onChunk: () => {},
    onProgress: (bytes) => told.push(bytes),
  });
  assertEquals(told.at(-1), stream.length);
  assertEquals(told, told.toSorted((a, b) => a - b));
  for (const compression of ["gzip", "none"] as const) {
    const fault = new RangeError("taker");
    const read = (): Promise<unknown> =>
      readArchive(makeSource(stream, 100), {
        compression,
        onChunk: () => {
          throw fault;
        },
      });
    assertEquals(await assertRejects(read, RangeError), fault);
  }
});

Deno.test("readArchive() lets two archives have their turns", async () => {
  const stream = gzip(new Uint8Array(20_000_000));
  const order: string[] = [];
  const start = async (name: string): Promise<void> => {
    await readArchive(makeSource(stream, 4096), {
      compression: "gzip",
      onChunk: () => {
        if (order.at(-1) !== name) order.push(name);
      },
    });
  };
  await Promise.all([start("a"), start("b")]);
  assertEquals(order.length > 4, true, order.join());
});

/** A gzip of more than 4 MiB, which is inflated on the second thread while another one is read. */
function makeLarge(seed: number): { stream: Uint8Array<ArrayBuffer>; sum: number; length: number } {
  const data = new Uint32Array(2_000_000);
  let value = seed;
  for (let at = 0; at < data.length; at++) {
    value = Math.imul(value, 1664525) + 1013904223;
    // Half noise, half zeros.
    data[at] = at % 2 === 0 ? value : 0;
  }
  const bytes = new Uint8Array(data.buffer);
  return { stream: concat(gzipSync(bytes, { level: 1 })), sum: crc32(bytes), length: bytes.length };
}

interface LargeResult {
  sum: number;
  length: number;
}

async function readLarge(stream: Uint8Array, onChunk: () => void = () => {}): Promise<LargeResult> {
  const source = { ...makeSource(stream, Infinity), stat: { size: stream.length } };
  const result = { sum: 0, length: 0 };
  await readArchive(source, {
    compression: "gzip",
    onChunk: (chunk) => {
      onChunk();
      result.sum = crc32(chunk.slice(), result.sum);
      result.length += chunk.length;
    },
  });
  return result;
}

Deno.test("readArchive() inflates several large archives at once, each whole", async () => {
  const archives = [1, 2, 3, 4, 5].map(makeLarge);
  for (const { stream } of archives) assertEquals(stream.length > 4 * 1024 * 1024, true);
  const results = await Promise.all(archives.map(({ stream }) => readLarge(stream)));
  assertEquals(results, archives.map(({ sum, length }) => ({ sum, length })));
});

Deno.test("readArchive() fails for the one of several archives that is damaged, wherever it is inflated", async () => {
  const good = makeLarge(1);
  const cut = good.stream.subarray(0, good.stream.length - 9);
  const bad = good.stream.slice();
  bad[bad.length - 8]! ^= 1;
  const fault = new RangeError("taker");
  const failures: [read: () => Promise<LargeResult>, error: typeof Error, reason: string][] = [
    [(): Promise<LargeResult> => readLarge(cut), ArchiveError as never, "cut off"],
    [(): Promise<LargeResult> => readLarge(bad), ArchiveError as never, "checksum is wrong"],
    [
      (): Promise<LargeResult> =>
        readLarge(good.stream, () => {
          throw fault;
        }),
      RangeError,
      "taker",
    ],
  ];
  for (const [read, error, reason] of failures) {
    for (const place of [0, 1, 2]) {
      const runs = [0, 1, 2].map((index) => index === place ? read() : readLarge(good.stream));
      const results = await Promise.allSettled(runs);
      await assertRejects(() => runs[place]!, error, reason);
      for (const [index, result] of results.entries()) {
        if (index === place) continue;
        assertEquals(result.status === "fulfilled" && result.value.sum, good.sum, `${reason}, ${place}`);
      }
    }
  }
});
