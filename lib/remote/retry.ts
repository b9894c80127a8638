/**
 * Owns when a request is made again: after what may pass, with growing waits and some chance in them, so
 * that a fleet that comes back at one moment does not come back to the server at one moment.
 */

import { NetworkError } from "./network_error.ts";

/** Options of {@linkcode retry}. */
export interface RetryOptions {
  /** How often at most, the first time included. Default 5. */
  tries?: number;
  /** The first wait, in milliseconds; each later one is twice as long. Default 500. */
  firstWait?: number;
  /** The longest wait, in milliseconds; a server that asks for more is not tried again. Default 30 000. */
  longestWait?: number;
  signal?: AbortSignal;
  /** Told of each failure that is tried again, and of the wait in milliseconds. */
  onRetry?: (error: NetworkError, wait: number) => void;
}

/**
 * Calls a function until it does not fail by what may pass.
 *
 * @throws what the last call threw, or the signal's reason.
 */
export async function retry<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { tries = 5, firstWait = 500, longestWait = 30_000, signal, onRetry = () => {} } = options;
  for (let count = 1;; count++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof NetworkError) || !error.isTransient || count >= tries) throw error;
      const backoff = Math.min(firstWait * 2 ** (count - 1), longestWait) * (0.5 + Math.random() / 2);
      const wait = Math.max(backoff, error.retryAfter ?? 0);
      if (wait > longestWait) throw error;
      onRetry(error, wait);
      await sleep(wait, signal);
    }
  }
}

/** Waits; ends at once, by the signal's reason, if it is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
