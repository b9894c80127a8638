/**
 * Owns inflating an archive on a second thread while the main thread unpacks another one. There is one such
 * thread at most: it costs 18 MB. It refuses to choose the archive.
 */

import { setImmediate } from "node:timers";
import { ArchiveError, TorcxError } from "../../errors.ts";
import { InflateRing, STATUS } from "./ring.ts";

/** A thread that does not start within this time is done without, in milliseconds. */
const START_MS_MAX = 2000;

/** A thread that inflates one archive after another. */
export class InflateThread implements Disposable {
  readonly #ring = new InflateRing();
  readonly #worker: Worker;
  #wake: () => void = () => {};
  #failure: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = (): void => this.#wake();
    worker.onerror = (event): void => {
      event.preventDefault();
      this.#failure = new TorcxError("failed", `Cannot read gzip: its thread failed: ${event.message}`);
      this.#wake();
    };
  }

  /** Starts a thread; undefined if there is only one processor, or none can be had. */
  static async start(): Promise<InflateThread | undefined> {
    if (navigator.hardwareConcurrency < 2 || !canStart()) return undefined;
    let worker: Worker;
    try {
      worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    } catch {
      return undefined;
    }
    const thread = new InflateThread(worker);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), START_MS_MAX);
    });
    const first = await Promise.race([thread.#sleep(), late]);
    clearTimeout(timer);
    if (first !== "late" && thread.#failure === undefined) return thread;
    thread[Symbol.dispose]();
    return undefined;
  }

  /**
   * Inflates a file to its end. After a failure the thread is of no more use.
   *
   * @param read fills a buffer with the next bytes of the file; returns the count, 0 at the end.
   * @param onChunk takes the inflated bytes, valid during the call; what it throws ends the reading.
   * @throws {ArchiveError} if it is no valid gzip.
   */
  async inflate(
    read: (buffer: Uint8Array<ArrayBuffer>) => number,
    onChunk: (chunk: Uint8Array<ArrayBuffer>) => void,
  ): Promise<void> {
    const ring = this.#ring;
    ring.reset();
    this.#worker.postMessage(ring.memory);
    for (let isFed = false;;) {
      // Before the rings are looked at: what was done after that is in them.
      const { status } = ring;
      let isIdle = true;
      while (!isFed && ring.countFilled(ring.input) < ring.input.slots) {
        const count = read(asBytes(ring.getFree(ring.input)));
        ring.commit(ring.input, count);
        isFed = count === 0;
        isIdle = false;
      }
      for (let filled = ring.countFilled(ring.output); filled > 0; filled--) {
        onChunk(asBytes(ring.getFilled(ring.output)));
        ring.release(ring.output);
        isIdle = false;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (isIdle && status === STATUS.DONE) return;
      if (isIdle && status === STATUS.FAULT) throw new ArchiveError(ring.fault);
      if (!isIdle) await new Promise<void>((resolve) => setImmediate(resolve));
      else await this.#sleepUnless(isFed);
    }
  }

  /** Sleeps until the thread says something, unless it has done something meanwhile. */
  async #sleepUnless(isFed: boolean): Promise<void> {
    const ring = this.#ring;
    const woken = this.#sleep();
    ring.isMainAsleep = true;
    const hasWork = ring.countFilled(ring.output) > 0 || ring.status !== STATUS.RUNNING ||
      (!isFed && ring.countFilled(ring.input) < ring.input.slots);
    // Where the thread took the flag first, its message comes.
    if (hasWork && ring.takeMainAsleep()) return;
    await woken;
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  [Symbol.dispose](): void {
    this.#ring.status = STATUS.ABORTED;
    this.#worker.terminate();
  }
}

/** A compiled program holds the worker's module; otherwise it is a file that must be readable. */
function canStart(): boolean {
  if (Deno.build.standalone) return true;
  return Deno.permissions.querySync({ name: "read", path: new URL(".", import.meta.url) }).state ===
    "granted";
}

/** Shared memory is as good as any for read(2), write(2) and the reader. */
function asBytes(view: Uint8Array<SharedArrayBuffer>): Uint8Array<ArrayBuffer> {
  return view as unknown as Uint8Array<ArrayBuffer>;
}
