/** Owns the failures of the network: which of them may pass when one tries again. It refuses to try. */

import { quote, TorcxError, type TorcxErrorOptions } from "../errors.ts";

const TOO_MANY_REQUESTS = 429;

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

/** Makes the error of an answer that is of no use. */
export function describeStatus(url: URL, { status, statusText, headers }: Response): NetworkError {
  return new NetworkError(
    `Cannot get ${quote(url.href)}: the server answered ${status} ${statusText}`.trim(),
    {
      status,
      isTransient: status >= 500 || status === TOO_MANY_REQUESTS,
      retryAfter: parseRetryAfter(headers.get("retry-after")),
    },
  );
}

/** Makes one error of what fetch(), a body or a connection throws; those of ours, and a signal's, stay. */
export function describeFailure(url: URL, cause: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof NetworkError || !(cause instanceof Error)) return cause;
  const { message } = findInnermost(cause);
  // reqwest's chain: the last part says what happened.
  const reason = message.replace(/^error sending request.*?: client error \([A-Za-z]+\): /, "")
    .replace(/ \(os error \d+\)$/, "");
  const isCertificate = /certificate|InvalidContentType/.test(message);
  return new NetworkError(`Cannot get ${quote(url.href)}: ${reason}`, {
    isTransient: !isCertificate,
    ...isCertificate && message.includes("invalid peer certificate")
      ? { hint: "Name the server's root certificate by --ca FILE" }
      : {},
  });
}

/** Newer versions of Deno say `fetch failed`, and why in the cause. */
function findInnermost(error: Error): Error {
  return error.cause instanceof Error ? findInnermost(error.cause) : error;
}

/** Parses `Retry-After`, RFC 9110 section 10.2.3: seconds, or a date; undefined if it is neither. */
export function parseRetryAfter(text: string | null, now = Date.now()): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}
