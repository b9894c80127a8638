/** Reads tar streams for tests: everything that the reader tells, whatever the chunks' borders. */

import { assertEquals, assertThrows } from "@std/assert";
import type { TarEntry } from "../../lib/archive/entry.ts";
import { TarReader } from "../../lib/archive/tar_reader.ts";
import { fromBytes } from "../../lib/bytes.ts";
import { ArchiveError, listMessages } from "../../lib/errors.ts";
import { concat, END } from "./tar_builder.ts";

/** An entry as tests compare it: data by offset, joined where it is contiguous. */
export interface ReadEntry extends Omit<TarEntry, "xattrs" | "sparse"> {
  xattrs: Record<string, string>;
  data: [offset: number, text: string][];
  isSparse: boolean;
}

/** What a stream holds. */
export interface ReadResult {
  entries: ReadEntry[];
  warnings: string[];
  /** Debug lines. */
  remarks: string[];
}

/** Sizes of chunks that every stream is read in: whole, and cut around blocks. */
const CHUNK_SIZES = [Infinity, 1, 7, 511, 512, 513];

/** Reads a stream; blocks that end it are added unless it is `raw`. */
export function readTar(stream: Uint8Array, options: { isRaw?: boolean } = {}): ReadResult {
  const whole = options.isRaw ? concat(stream) : concat(stream, END);
  const [first, ...others] = CHUNK_SIZES.map((size) => attempt(whole, size));
  for (const [index, other] of others.entries()) {
    assertEquals(describe(other), describe(first!), `in chunks of ${CHUNK_SIZES[index + 1]} bytes`);
  }
  if ("error" in first!) throw first.error;
  return first!;
}

/** Asserts that a stream is refused, and why. */
export function assertRefused(stream: Uint8Array, reason: string, options: { isRaw?: boolean } = {}): void {
  const error = assertThrows(() => readTar(stream, options), ArchiveError);
  const text = listMessages(error).join(": ");
  if (!text.includes(reason)) throw new Error(`refused by "${text}", not "${reason}"`, { cause: error });
}

/** What of a result must not depend on the chunks: an error's stack does. */
function describe(result: ReadResult | { error: unknown }): unknown {
  return "error" in result ? listMessages(result.error) : result;
}

function attempt(stream: Uint8Array<ArrayBuffer>, size: number): ReadResult | { error: unknown } {
  const result: ReadResult = { entries: [], warnings: [], remarks: [] };
  let isOpen = false;
  const reader = new TarReader({
    onEntry({ xattrs, sparse, ...entry }): void {
      assertEquals(isOpen, false, "an entry starts before the last one ended");
      isOpen = true;
      const named = [...xattrs ?? []].map(([name, value]): [string, string] => [name, fromBytes(value)]);
      result.entries.push({
        ...entry,
        xattrs: Object.fromEntries(named),
        data: [],
        isSparse: sparse !== undefined,
      });
    },
    onData(data, offset): void {
      const { data: list } = result.entries.at(-1)!;
      const last = list.at(-1);
      if (last !== undefined && last[0] + last[1].length === offset) last[1] += fromBytes(data);
      else list.push([offset, fromBytes(data)]);
    },
    onEntryEnd(): void {
      isOpen = false;
    },
    onWarning(message): void {
      result.warnings.push(message);
    },
    onDebug(message): void {
      result.remarks.push(message);
    },
  });
  try {
    for (let at = 0; at < stream.length; at += size) {
      // A copy: nothing may be kept of a chunk that is gone.
      const chunk = stream.slice(at, Math.min(at + size, stream.length));
      reader.push(chunk);
      chunk.fill(0xee);
    }
    reader.end();
    assertEquals(isOpen, false, "an entry was not ended");
    return result;
  } catch (error) {
    if (error instanceof ArchiveError) return { error };
    throw error;
  }
}
