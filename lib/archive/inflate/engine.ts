/** Owns what an engine is: a way to inflate the members of one file. It knows none. */

/** Inflates the members of one file. */
export interface Engine extends Disposable {
  /**
   * Takes the next bytes.
   *
   * @param isEnd whether the file ends with them: a member that is not whole is a fault then.
   * @returns how many of them belong to members.
   * @throws {Error} with zlib's own words as its message, if they are no valid gzip.
   */
  inflate(input: Uint8Array, isEnd: boolean): number | Promise<number>;
}

/** Where inflated bytes go. */
export interface EngineOutput {
  /** Gives the memory for what is inflated next. */
  take: () => Uint8Array;
  /** Takes what was written to that memory, valid during the call; what it throws comes through. */
  give: (chunk: Uint8Array) => void;
}

/** The class of an engine. */
export type EngineClass = new (output: EngineOutput) => Engine;
