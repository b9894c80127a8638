/**
 * Owns inflating gzip piece by piece into one buffer that is used again and again. It goes below the streams
 * of node:zlib, to the handle that they drive: a stream makes a new buffer for each piece, and what waits for
 * the collector doubles the memory of the process.
 */

import { constants, createGunzip } from "node:zlib";
import { ArchiveError, TorcxError } from "../../errors.ts";

/** What node:zlib's streams do not show: names as in Node's lib/zlib.js and src/node_zlib.cc. */
interface InternalGunzip {
  _handle?: {
    writeSync(
      flush: number,
      input: Uint8Array,
      inputOffset: number,
      inputLength: number,
      output: Uint8Array,
      outputOffset: number,
      outputLength: number,
    ): void;
    close(): void;
    onerror: (message: string) => void;
  };
  /** What the last call left: output space, then input bytes. */
  _writeState?: Uint32Array;
}

/** Inflated bytes of one call: large enough that large files take few write(2) calls. */
const OUTPUT_BYTES = 256 * 1024;
const EMPTY = new Uint8Array(0);

/** Inflates gzip, member after member. */
export class Inflater implements Disposable {
  readonly #handle: NonNullable<InternalGunzip["_handle"]>;
  readonly #state: Uint32Array;
  readonly #onChunk: (chunk: Uint8Array) => void;
  readonly #takeOutput: () => Uint8Array;
  #fault: string | undefined;
  #hasInput = false;
  /** After the last member: only zeros may follow. */
  #isPadding = false;

  /**
   * Starts a stream.
   *
   * @param onChunk takes the inflated bytes, valid during the call; what it throws comes through.
   * @param takeOutput gives the memory for what is inflated next, by default one buffer for all.
   * @throws {TorcxError} `unsupported` if the runtime's zlib is another one.
   */
  constructor(onChunk: (chunk: Uint8Array<ArrayBuffer>) => void);
  constructor(onChunk: (chunk: Uint8Array) => void, takeOutput: () => Uint8Array);
  constructor(onChunk: (chunk: Uint8Array<ArrayBuffer>) => void, takeOutput?: () => Uint8Array) {
    const { _handle, _writeState } = createGunzip() as unknown as InternalGunzip;
    if (typeof _handle?.writeSync !== "function" || !(_writeState instanceof Uint32Array)) {
      throw new TorcxError("unsupported", "Cannot read gzip: the runtime's zlib has no handle of its own", {
        hint: "Run torcx by the version of Deno that it is built with",
      });
    }
    _handle.onerror = (message: string): void => {
      this.#fault = message;
    };
    this.#handle = _handle;
    this.#state = _writeState;
    this.#onChunk = onChunk as (chunk: Uint8Array) => void;
    const buffer = takeOutput === undefined ? new Uint8Array(OUTPUT_BYTES) : undefined;
    this.#takeOutput = takeOutput ?? ((): Uint8Array => buffer!);
  }

  /**
   * Takes the next bytes of the file.
   *
   * @throws {ArchiveError} if they are no valid gzip.
   */
  push(input: Uint8Array): void {
    this.#hasInput ||= input.length > 0;
    const used = this.#isPadding ? 0 : this.#inflate(input, constants.Z_NO_FLUSH);
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
  end(): void {
    if (!this.#hasInput) throw new ArchiveError("Cannot read gzip: the file is empty");
    if (!this.#isPadding) this.#inflate(EMPTY, constants.Z_FINISH);
  }

  [Symbol.dispose](): void {
    this.#handle.close();
  }

  /** Returns how many bytes of the input belong to gzip members. */
  #inflate(input: Uint8Array, flush: number): number {
    let used = 0;
    for (;;) {
      const output = this.#takeOutput();
      this.#handle.writeSync(flush, input, used, input.length - used, output, 0, output.length);
      if (this.#fault !== undefined) throw describeFault(this.#fault);
      const space = this.#state[0]!;
      used = input.length - this.#state[1]!;
      if (space < output.length) this.#onChunk(output.subarray(0, output.length - space));
      // A full buffer may mean more output from the same input.
      if (space > 0) return used;
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

function describeFault(fault: string): ArchiveError {
  return new ArchiveError(`Cannot read gzip: ${FAULTS[fault] ?? fault}`);
}
