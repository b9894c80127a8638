/**
 * Owns inflating gzip piece by piece: members one after the other, zeros behind them, and what is said of a file that is
 * no valid gzip. How bytes are inflated is the engine's.
 */

import { ArchiveError } from "../../errors.ts";
import { chooseEngine } from "./choose_engine.ts";
import type { Engine, EngineClass } from "./engine.ts";

/** Inflated bytes of one piece: large enough that large files take few write(2) calls. */
const OUTPUT_BYTES = 256 * 1024;
const EMPTY = new Uint8Array(0);

/** Options of {@linkcode Inflater}. */
export interface InflaterOptions {
  /** Gives the memory for what is inflated next, by default one buffer for all. */
  takeOutput?: (() => Uint8Array) | undefined;
  /** By default what the runtime allows. */
  engine?: EngineClass | undefined;
}

/** Inflates gzip, member after member. */
export class Inflater implements Disposable {
  readonly #engine: Engine;
  #thrown: unknown;
  #hasInput = false;
  /** After the last member: only zeros may follow. */
  #isPadding = false;

  /**
   * Starts a stream.
   *
   * @param onChunk takes the inflated bytes, valid during the call; what it throws comes through.
   */
  constructor(onChunk: (chunk: Uint8Array<ArrayBuffer>) => void, options: InflaterOptions = {}) {
    const { engine: Engine = chooseEngine() } = options;
    let { takeOutput } = options;
    if (takeOutput === undefined) {
      const buffer = new Uint8Array(OUTPUT_BYTES);
      takeOutput = (): Uint8Array => buffer;
    }
    this.#engine = new Engine({
      take: (): Uint8Array => this.#pass(takeOutput),
      // Shared memory is as good as any.
      give: (chunk): void => this.#pass(() => onChunk(chunk as Uint8Array<ArrayBuffer>)),
    });
  }

  /**
   * Takes the next bytes of the file.
   *
   * @throws {ArchiveError} if they are no valid gzip.
   */
  async push(input: Uint8Array): Promise<void> {
    this.#hasInput ||= input.length > 0;
    const used = this.#isPadding ? 0 : await this.#inflate(input, false);
    if (used === input.length) return;
    this.#isPadding = true;
    for (let at = used; at < input.length; at++) {
      if (input[at] !== 0) throw new ArchiveError("Cannot read gzip: garbage follows its end");
    }
  }

  /**
   * Ends the file.
   *
   * @throws {ArchiveError} if it is cut off, or empty.
   */
  async end(): Promise<void> {
    if (!this.#hasInput) throw new ArchiveError("Cannot read gzip: the file is empty");
    if (!this.#isPadding) await this.#inflate(EMPTY, true);
  }

  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]();
  }

  async #inflate(input: Uint8Array, isEnd: boolean): Promise<number> {
    try {
      return await this.#engine.inflate(input, isEnd);
    } catch (error) {
      if (error === this.#thrown || !(error instanceof Error)) throw error;
      throw new ArchiveError(`Cannot read gzip: ${FAULTS[error.message] ?? error.message}`);
    }
  }

  /** Calls what is the caller's: what it throws is no fault of the file. */
  #pass<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      this.#thrown = error;
      throw error;
    }
  }
}

/** zlib's words for what users can look up. */
const FAULTS: Record<string, string> = {
  "unexpected end of file": "the file is cut off",
  "incorrect data check": "its checksum is wrong: the file is damaged",
  "incorrect length check": "its length is wrong: the file is damaged",
  "incorrect header check": "the file does not start as one, or garbage follows it",
};
