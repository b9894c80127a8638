/**
 * Owns the choice between the two ways to inflate with node:zlib: the fast one where it holds, which is tried once on a
 * few bytes, else the public one.
 */

import type { EngineClass } from "./engine.ts";
import { HandleEngine } from "./handle.ts";
import { StreamEngine } from "./stream.ts";

/** `printf torcx | gzip -n9`, and a zero that is not its own. */
const SAMPLE = Uint8Array.fromHex("1f8b08000000000002032bc92f4aae0000132b4eee0500000000");
const SAMPLE_TEXT = "torcx";

let chosen: EngineClass | undefined;

/** Returns the engine that this runtime's zlib allows. */
export function chooseEngine(): EngineClass {
  return chosen ??= isHandleSound() ? HandleEngine : StreamEngine;
}

/** Tries the handle on a few bytes: whole, damaged, and in memory that threads share. */
function isHandleSound(): boolean {
  const shared = new Uint8Array(new SharedArrayBuffer(SAMPLE.length));
  shared.set(SAMPLE);
  const damaged = SAMPLE.slice();
  damaged[SAMPLE.length - 9]! ^= 1;
  try {
    return [SAMPLE, shared].every((input) => inflateSample(input) === SAMPLE_TEXT) && isRefused(damaged);
  } catch {
    // What it throws is not ours to know: it is another runtime's.
    return false;
  }
}

function isRefused(input: Uint8Array): boolean {
  try {
    inflateSample(input);
    return false;
  } catch (error) {
    return error instanceof Error && error.message === "incorrect data check";
  }
}

function inflateSample(input: Uint8Array): string {
  const memory = new Uint8Array(new SharedArrayBuffer(64));
  let text = "";
  using engine = new HandleEngine({
    take: () => memory,
    give: (chunk) => text += String.fromCharCode(...chunk),
  });
  // In two pieces, as from a file; the last byte is not the member's.
  const used = engine.inflate(input.subarray(0, 12), false) + engine.inflate(input.subarray(12), false);
  return used === SAMPLE.length - 1 ? text : "";
}
