/**
 * Owns inflating by node:zlib's public stream, for runtimes without the handle below it. It takes more memory: each
 * piece is a new buffer.
 */

import { createGunzip, type Gunzip } from "node:zlib";
import type { Engine, EngineOutput } from "./engine.ts";

/** Larger pieces are no faster, and leave more to the collector. */
const CHUNK_BYTES = 64 * 1024;

/** Inflates by a gunzip stream. */
export class StreamEngine implements Engine {
  readonly #gunzip: Gunzip;
  #pushed = 0;
  #hasEnded = false;
  #error: unknown;
  #settle: () => void = () => {};

  constructor(output: EngineOutput) {
    this.#gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
    this.#gunzip.on("data", (chunk: Uint8Array) => this.#take(() => giveAll(output, chunk)));
    this.#gunzip.on("error", (error: unknown) => this.#fail(error));
    this.#gunzip.on("end", () => {
      this.#hasEnded = true;
      this.#settle();
    });
  }

  async inflate(input: Uint8Array, isEnd: boolean): Promise<number> {
    const before = this.#pushed;
    this.#pushed += input.length;
    await this.#wait((resolve) => {
      // A copy: memory that threads share is not taken everywhere.
      if (input.length > 0) this.#gunzip.write(new Uint8Array(input), resolve);
      if (isEnd) this.#gunzip.end();
    }, isEnd);
    if (this.#error !== undefined) throw this.#error;
    // What follows the last member is not processed.
    return this.#hasEnded ? Math.max(0, this.#gunzip.bytesWritten - before) : input.length;
  }

  [Symbol.dispose](): void {
    this.#gunzip.destroy();
  }

  /** Waits until the piece is processed, or the stream has ended or failed, which is told in place of the piece. */
  #wait(start: (resolve: () => void) => void, isEnd: boolean): Promise<void> {
    if (this.#hasEnded || this.#error !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#settle = resolve;
      start(isEnd ? (): void => {} : (): void => resolve());
    });
  }

  #take(give: () => void): void {
    if (this.#error !== undefined) return;
    try {
      give();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#settle();
  }
}

function giveAll(output: EngineOutput, chunk: Uint8Array): void {
  for (let rest = chunk; rest.length > 0;) {
    const memory = output.take();
    const part = rest.subarray(0, memory.length);
    memory.set(part);
    output.give(memory.subarray(0, part.length));
    rest = rest.subarray(part.length);
  }
}
