/**
 * Owns writing to a stream that somebody else may have closed, filled, or set non-blocking. It refuses to
 * throw: what a failure means is for the caller to say.
 */

/** Where bytes go: `Deno.stdout`, `Deno.stderr`, or a buffer in tests. */
export interface ByteSink {
  /** Writes some of the bytes and returns how many. */
  writeSync(bytes: Uint8Array): number;
}

/** How long a full stream that does not block is tried again, in ms. */
const PAUSE = 10;
const pauseCell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes everything.
 *
 * @param patience how long to wait for a reader that takes nothing, in ms; streams that block wait by themselves.
 * @returns why it could not be written, undefined if it was.
 */
export function writeBytes(
  sink: ByteSink,
  bytes: Uint8Array,
  { patience }: { patience: number },
): string | undefined {
  let waited = 0;
  for (let at = 0; at < bytes.length;) {
    try {
      const count = sink.writeSync(bytes.subarray(at));
      if (count > 0) {
        at += count;
        waited = 0;
        continue;
      }
    } catch (error) {
      const isTemporary = error instanceof Deno.errors.WouldBlock ||
        error instanceof Deno.errors.Interrupted;
      if (!isTemporary || waited >= patience) return error instanceof Error ? error.message : String(error);
    }
    if (waited >= patience) return "it takes nothing";
    Atomics.wait(pauseCell, 0, 0, PAUSE);
    waited += PAUSE;
  }
  return undefined;
}
