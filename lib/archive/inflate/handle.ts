/**
 * Owns inflating into memory that is used again and again. It goes below the streams of node:zlib, to the handle that
 * they drive: a stream makes a new buffer for each piece, and what waits for the collector doubles the memory of the
 * process. Whether this runtime has such a handle is not its to say.
 */

import { constants, createGunzip } from "node:zlib";
import type { Engine, EngineOutput } from "./engine.ts";

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

/** Inflates by the handle of a gunzip stream. */
export class HandleEngine implements Engine {
  readonly #handle: NonNullable<InternalGunzip["_handle"]>;
  readonly #state: Uint32Array;
  readonly #output: EngineOutput;
  #fault: string | undefined;

  /** @throws {TypeError} if the runtime's streams have no handle of this kind. */
  constructor(output: EngineOutput) {
    const { _handle, _writeState } = createGunzip() as unknown as InternalGunzip;
    if (typeof _handle?.writeSync !== "function" || !(_writeState instanceof Uint32Array)) {
      throw new TypeError("the runtime's zlib has no handle of its own");
    }
    _handle.onerror = (message: string): void => {
      this.#fault = message;
    };
    this.#handle = _handle;
    this.#state = _writeState;
    this.#output = output;
  }

  inflate(input: Uint8Array, isEnd: boolean): number {
    const flush = isEnd ? constants.Z_FINISH : constants.Z_NO_FLUSH;
    let used = 0;
    for (;;) {
      const output = this.#output.take();
      this.#handle.writeSync(flush, input, used, input.length - used, output, 0, output.length);
      if (this.#fault !== undefined) throw new Error(this.#fault);
      const space = this.#state[0]!;
      used = input.length - this.#state[1]!;
      if (space < output.length) this.#output.give(output.subarray(0, output.length - space));
      // A full buffer may mean more output from the same input.
      if (space > 0) return used;
    }
  }

  [Symbol.dispose](): void {
    this.#handle.close();
  }
}
