/**
 * Owns the inflating thread: takes packed pieces from the ring, gives inflated ones, until the file ends or
 * is found damaged; then waits for the next file. It touches nothing but the ring.
 */

import { ArchiveError } from "../../errors.ts";
import { Inflater } from "./inflater.ts";
import { InflateRing, type RingMemory, STATUS } from "./ring.ts";

/** What a worker's global scope has (HTML, DedicatedWorkerGlobalScope). */
const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<RingMemory>) => Promise<void>) | null;
  postMessage(message: unknown): void;
  close(): void;
};

/** Thrown to leave the inflater where the main thread has given up. */
class Aborted extends Error {}

async function inflate(ring: InflateRing): Promise<void> {
  const wakeMain = (): void => {
    if (ring.takeMainAsleep()) scope.postMessage("woken");
  };
  const takeOutput = (): Uint8Array<SharedArrayBuffer> => {
    ring.waitForFree(ring.output);
    if (ring.status !== STATUS.RUNNING) throw new Aborted();
    return ring.getFree(ring.output);
  };
  using inflater = new Inflater((chunk) => {
    ring.commit(ring.output, chunk.length);
    wakeMain();
  }, { takeOutput });
  for (;;) {
    ring.waitForFilled(ring.input);
    if (ring.status !== STATUS.RUNNING) throw new Aborted();
    const input = ring.getFilled(ring.input);
    // An empty piece is the end of the file.
    if (input.length === 0) return await inflater.end();
    await inflater.push(input);
    ring.release(ring.input);
    wakeMain();
  }
}

scope.onmessage = async ({ data }): Promise<void> => {
  const ring = new InflateRing(data);
  try {
    await inflate(ring);
    ring.status = STATUS.DONE;
  } catch (error) {
    if (error instanceof Aborted) return scope.close();
    if (!(error instanceof ArchiveError)) throw error;
    ring.fault = error.message;
    ring.status = STATUS.FAULT;
  }
  if (ring.takeMainAsleep()) scope.postMessage("ended");
};

scope.postMessage("ready");
