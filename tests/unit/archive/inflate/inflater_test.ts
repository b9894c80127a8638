/** Tests that both ways to inflate come to the same, byte for byte and fault for fault. */

import { assertEquals, assertRejects } from "@std/assert";
import { crc32 } from "node:zlib";
import { chooseEngine } from "../../../../lib/archive/inflate/choose_engine.ts";
import type { EngineClass } from "../../../../lib/archive/inflate/engine.ts";
import { HandleEngine } from "../../../../lib/archive/inflate/handle.ts";
import { Inflater } from "../../../../lib/archive/inflate/inflater.ts";
import { StreamEngine } from "../../../../lib/archive/inflate/stream.ts";
import { ArchiveError } from "../../../../lib/errors.ts";
import { readVersion } from "../../../../.tasks/deno.ts";
import { BAD_STREAMS, GOOD_STREAMS, gzip, makeText, PIECES, TEXT } from "../../../support/gzip_streams.ts";
import { skipPart } from "../../../support/needs.ts";
import { concat } from "../../../support/tar_builder.ts";

const ENGINES: Record<string, EngineClass> = { handle: HandleEngine, stream: StreamEngine };
/** Versions whose handle must hold: elsewhere large archives take twice the time and the memory. */
const FAST = [await readVersion("deno_oldest"), await readVersion("deno_version")];

/** How a file is inflated. */
interface Way {
  engine: EngineClass;
  /** Bytes given at once. */
  size?: number;
  /** Whether input and output lie in memory that threads share. */
  isShared?: boolean;
  onChunk?: () => void;
}

async function inflate(
  data: Uint8Array,
  { engine, size = Infinity, isShared = false, onChunk }: Way,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  // The smallest that a caller has.
  const memory = new Uint8Array(new SharedArrayBuffer(1000));
  using inflater = new Inflater((chunk) => {
    onChunk?.();
    chunks.push(chunk.slice());
  }, { engine, takeOutput: isShared ? (): Uint8Array => memory : undefined });
  for (let at = 0; at < data.length; at += size) {
    const piece = data.subarray(at, Math.min(at + size, data.length));
    const input = isShared
      ? new Uint8Array(new SharedArrayBuffer(piece.length))
      : new Uint8Array(piece.length);
    input.set(piece);
    await inflater.push(input);
    // The memory is the caller's again.
    input.fill(0xff);
  }
  await inflater.end();
  return concat(...chunks);
}

/** Tests each engine that this runtime has. */
function testEngines(name: string, run: (engine: EngineClass) => Promise<void>): void {
  Deno.test(name, async (context) => {
    for (const [way, engine] of Object.entries(ENGINES)) {
      if (engine === HandleEngine && chooseEngine() !== HandleEngine) {
        await skipPart(context, way, `the handle of Deno ${Deno.version.deno} is another one`);
      } else await context.step(way, () => run(engine));
    }
  });
}

Deno.test("chooseEngine() takes the handle of the Deno versions that torcx is built with", () => {
  if (FAST.includes(Deno.version.deno)) assertEquals(chooseEngine(), HandleEngine);
});

testEngines("Inflater inflates members and padding whatever the borders of pieces", async (engine) => {
  for (const [name, [stream, text]] of Object.entries(GOOD_STREAMS)) {
    for (const size of PIECES) {
      for (const isShared of [false, true]) {
        assertEquals(await inflate(stream, { engine, size, isShared }), concat(text), `${name}, ${size}`);
      }
    }
  }
});

testEngines("Inflater refuses what is no gzip from its first byte to its last", async (engine) => {
  for (const [name, stream, reason] of BAD_STREAMS) {
    // By its first bytes a file is judged before it is inflated.
    if (name === "plain tar" || name === "only zeros") continue;
    for (const size of PIECES) {
      await assertRejects(() => inflate(stream, { engine, size }), ArchiveError, reason, `${name}, ${size}`);
    }
  }
});

testEngines("Inflater inflates more than its buffers hold", async (engine) => {
  const noise = concat(makeText(1_500_000));
  const zeros = new Uint8Array(5_000_000);
  const data = await inflate(concat(gzip(noise), gzip(zeros)), { engine, size: 65536 });
  assertEquals([data.length, crc32(data)], [6_500_000, crc32(zeros, crc32(noise))]);
});

testEngines("Inflater passes on what its takers throw", async (engine) => {
  for (const fault of [new RangeError("taker"), new ArchiveError("of the taker's own")]) {
    const failed = await assertRejects(() =>
      inflate(gzip(TEXT), {
        engine,
        onChunk: () => {
          throw fault;
        },
      }), Error);
    assertEquals(failed, fault);
  }
});
