/** Owns the failures of the network: which of them may pass when one tries again. It refuses to try. */

import { TorcxError, type TorcxErrorOptions } from "../errors.ts";

/** Options of {@linkcode NetworkError}. */
export interface NetworkErrorOptions extends TorcxErrorOptions {
  /** Whether it may pass: the server is busy, the line was cut. Default false. */
  isTransient?: boolean;
  /** The answer's status; undefined if there was none. */
  status?: number;
  /** How long the server asks to wait, in milliseconds. */
  retryAfter?: number | undefined;
}

/** A server that did not answer as it should. */
export class NetworkError extends TorcxError {
  override readonly name = "NetworkError";
  readonly isTransient: boolean;
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;

  constructor(message: string, options: NetworkErrorOptions = {}) {
    super("network", message, options);
    this.isTransient = options.isTransient ?? false;
    this.status = options.status;
    this.retryAfter = options.retryAfter;
  }
}
