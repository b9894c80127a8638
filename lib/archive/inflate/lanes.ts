/**
 * Owns who inflates where: one archive on the main thread, one on a thread beside it, large ones beyond
 * that wait. So the processors are busy and the memory stays the same, however many images there are.
 */

import { InflateThread } from "./thread.ts";

/** The right to inflate one archive; dispose it when that is done. */
export interface Lane extends Disposable {
  /** The thread to use; the main thread if undefined. */
  readonly thread: InflateThread | undefined;
  /** Says that the thread's archive failed: it is in the middle of something and must go. */
  breakThread(): void;
}

let users = 0;
let isMainBusy = false;
let isThreadBusy = false;
let thread: InflateThread | undefined;
let hasThreads = true;
const waiting: (() => void)[] = [];

/** What a thread saves on a smaller archive, writing beside inflating, is lost by starting it. */
const ALONE_BYTES_MIN = 16 * 1024 * 1024;

/**
 * Takes a lane, waiting for one if need be.
 *
 * @param size of the archive, in bytes.
 */
export async function takeLane(size: number): Promise<Lane> {
  users++;
  for (;;) {
    if (!hasThreads || (size < ALONE_BYTES_MIN && !isMainBusy)) return makeMainLane();
    if (!isThreadBusy) {
      isThreadBusy = true;
      thread ??= await InflateThread.start();
      if (thread !== undefined) return makeThreadLane(thread);
      isThreadBusy = false;
      // All share the main thread, turn by turn.
      hasThreads = false;
      for (const resolve of waiting.splice(0)) resolve();
      continue;
    }
    if (!isMainBusy) return makeMainLane();
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
}

function makeMainLane(): Lane {
  const isOnly = !isMainBusy;
  isMainBusy = true;
  return {
    thread: undefined,
    breakThread(): void {},
    [Symbol.dispose](): void {
      if (isOnly) isMainBusy = false;
      leave();
    },
  };
}

function makeThreadLane(taken: InflateThread): Lane {
  return {
    thread: taken,
    breakThread(): void {
      taken[Symbol.dispose]();
      thread = undefined;
    },
    [Symbol.dispose](): void {
      isThreadBusy = false;
      leave();
    },
  };
}

function leave(): void {
  users--;
  waiting.shift()?.();
  if (users > 0) return;
  thread?.[Symbol.dispose]();
  thread = undefined;
}
