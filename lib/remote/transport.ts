/**
 * Owns how a URL is asked for: redirects followed by hand, limits of time, roots of trust, and what a
 * failure is in words. It refuses to keep what it gets.
 */

import { quote } from "../errors.ts";
import { describeFailure, describeStatus, NetworkError } from "./network_error.ts";

/** Options of {@linkcode Transport}. */
export interface TransportOptions {
  /** PEM certificates that are trusted besides Deno's own roots. */
  caCerts?: string[];
  /** Whether the environment names a proxy, which Deno then uses by itself. Default false. */
  isProxied?: boolean;
  /** How long a connection may take, in milliseconds. Default 10 000. */
  connectTimeout?: number;
  /** How long no byte may come, in milliseconds. Default 30 000. */
  stallTimeout?: number;
}

/** Options of {@linkcode Transport.get}. */
export interface GetOptions {
  signal?: AbortSignal | undefined;
  /** Asks for what follows this many bytes. */
  offset?: number;
  /** Asks every cache to ask the server. */
  isFresh?: boolean;
}

/** An answer of status 200 or 206. */
export interface Answer {
  /** Where it came from, after redirects. */
  url: URL;
  /** Where in the file its body begins: 0, or the offset that was asked for. */
  offset: number;
  /** The body's length in bytes; undefined if the server does not say it. */
  length: number | undefined;
  /** Yields the body in pieces, each valid until the next one is asked for. */
  body: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Lets go of a body that nobody reads. */
  cancel: () => void;
}

const REDIRECTS_MAX = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const RANGE_NOT_SATISFIABLE = 416;
/** A piece of the body: a third less memory than the default reader takes. */
const PIECE_BYTES = 256 * 1024;

/** Whoever answers for a URL. */
export interface Source {
  /** Asks for a URL. */
  get(url: URL, options?: GetOptions): Promise<Answer>;
}

/** Asks servers. */
export class Transport implements Source, Disposable {
  readonly #client: Deno.HttpClient;
  readonly #isProxied: boolean;
  readonly #connectTimeout: number;
  readonly #stallTimeout: number;
  /** Hosts that answered a connection. */
  readonly #reached = new Map<string, Promise<void>>();

  constructor(options: TransportOptions = {}) {
    const { caCerts = [], isProxied = false, connectTimeout = 10_000, stallTimeout = 30_000 } = options;
    this.#isProxied = isProxied;
    this.#client = Deno.createHttpClient(caCerts.length === 0 ? {} : { caCerts });
    this.#connectTimeout = connectTimeout;
    this.#stallTimeout = stallTimeout;
  }

  /**
   * Asks for a URL.
   *
   * @throws {NetworkError} if there is no answer of status 200 or 206; it says whether that may pass.
   */
  async get(url: URL, options: GetOptions = {}): Promise<Answer> {
    let current = url;
    for (let redirects = 0;; redirects++) {
      const abort = new AbortController();
      const stop = (): void => abort.abort(options.signal?.reason);
      options.signal?.throwIfAborted();
      options.signal?.addEventListener("abort", stop, { once: true });
      let isHandedOn = false;
      try {
        const response = await this.#ask(current, abort, options);
        if (!REDIRECTS.includes(response.status)) {
          const answer = this.#read(response, { url: current, abort, stop, options });
          isHandedOn = true;
          return answer;
        }
        await response.body?.cancel();
        if (redirects === REDIRECTS_MAX) {
          throw new NetworkError(`Cannot get ${quote(url.href)}: more than ${REDIRECTS_MAX} redirects`);
        }
        current = followRedirect(current, response);
      } finally {
        if (!isHandedOn) options.signal?.removeEventListener("abort", stop);
      }
    }
  }

  async #ask(
    url: URL,
    abort: AbortController,
    { offset = 0, isFresh, signal }: GetOptions,
  ): Promise<Response> {
    await this.#reach(url, abort.signal);
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (offset > 0) headers["range"] = `bytes=${offset}-`;
    if (isFresh) headers["cache-control"] = "no-cache";
    const timer = setTimeout(() => abort.abort(this.#describeStall(url)), this.#stallTimeout);
    try {
      return await fetch(url, { client: this.#client, redirect: "manual", headers, signal: abort.signal });
    } catch (cause) {
      throw describeFailure(url, cause, signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tries the connection by itself: fetch() has no limit for it, and says little. A proxy is left to it. */
  async #reach(url: URL, signal: AbortSignal): Promise<void> {
    if (this.#isProxied) return;
    const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
    const hostname = url.hostname.replace(/^\[|\]$/g, "");
    const key = `${hostname} ${port}`;
    const reached = this.#reached.get(key) ?? this.#connect(url, { address: { hostname, port }, signal });
    this.#reached.set(key, reached);
    try {
      await reached;
    } catch (error) {
      this.#reached.delete(key);
      throw error;
    }
  }

  async #connect(
    url: URL,
    { address, signal }: { address: Deno.ConnectOptions; signal: AbortSignal },
  ): Promise<void> {
    const timeout = AbortSignal.timeout(this.#connectTimeout);
    try {
      const connection = await Deno.connect({ ...address, signal: AbortSignal.any([signal, timeout]) });
      connection.close();
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      if (timeout.aborted) {
        throw new NetworkError(
          `Cannot get ${quote(url.href)}: no connection in ${this.#connectTimeout / 1000} s`,
          { isTransient: true },
        );
      }
      throw describeFailure(url, cause);
    }
  }

  #describeStall(url: URL): NetworkError {
    return new NetworkError(
      `Cannot get ${quote(url.href)}: nothing came for ${this.#stallTimeout / 1000} s`,
      { isTransient: true },
    );
  }

  #read(
    response: Response,
    { url, abort, stop, options }: {
      url: URL;
      abort: AbortController;
      stop: () => void;
      options: GetOptions;
    },
  ): Answer {
    const { offset = 0, signal } = options;
    const end = (): void => signal?.removeEventListener("abort", stop);
    const cancel = (): void => {
      end();
      abort.abort();
    };
    if (response.status !== 200 && response.status !== 206) {
      cancel();
      throw describeStatus(url, response);
    }
    const length = parseLength(response.headers.get("content-length"));
    const start = response.status === 206 ? parseRangeStart(response.headers.get("content-range")) : 0;
    if (start !== 0 && start !== offset) {
      cancel();
      throw new NetworkError(
        `Cannot get ${quote(url.href)}: the server sent another range than was asked for`,
        {
          status: RANGE_NOT_SATISFIABLE,
        },
      );
    }
    return {
      url,
      offset: start ?? 0,
      length,
      body: this.#readBody(response, { url, abort, length, signal, end }),
      cancel,
    };
  }

  async *#readBody(
    response: Response,
    { url, abort, length, signal, end }: {
      url: URL;
      abort: AbortController;
      length: number | undefined;
      signal: AbortSignal | undefined;
      end: () => void;
    },
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let count = 0;
    try {
      const reader = response.body?.getReader({ mode: "byob" });
      let buffer = new ArrayBuffer(PIECE_BYTES);
      while (reader !== undefined) {
        timer = setTimeout(() => abort.abort(this.#describeStall(url)), this.#stallTimeout);
        const { value, done } = await reader.read(new Uint8Array(buffer));
        clearTimeout(timer);
        if (value !== undefined && value.length > 0) {
          count += value.length;
          yield value;
        }
        if (done) break;
        buffer = value?.buffer ?? buffer;
      }
    } catch (cause) {
      throw describeFailure(url, abort.signal.aborted ? abort.signal.reason : cause, signal);
    } finally {
      clearTimeout(timer);
      end();
      // Whoever stops early, or is stopped, waits for no more of it.
      abort.abort();
    }
    if (length !== undefined && count < length) {
      throw new NetworkError(
        `Cannot get ${quote(url.href)}: the body was cut, ${count} of ${length} bytes came`,
        {
          isTransient: true,
        },
      );
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Returns where a redirect leads; never from https to something less. */
function followRedirect(url: URL, response: Response): URL {
  const location = response.headers.get("location") ?? "";
  const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
  const refuse = (reason: string): never => {
    throw new NetworkError(`Cannot get ${quote(url.href)}: it redirects to ${quote(location)}, ${reason}`);
  };
  if (location === "" || next === undefined) return refuse("which is no URL");
  if (next.protocol === "https:") return next;
  if (next.protocol !== "http:") return refuse("which is neither https nor http");
  return url.protocol === "https:" ? refuse("away from https") : next;
}

function parseLength(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Returns the start of `Content-Range: bytes START-END/TOTAL`. */
function parseRangeStart(text: string | null): number | undefined {
  const start = /^bytes (\d{1,15})-\d+\/(?:\d+|\*)$/.exec(text ?? "")?.[1];
  return start === undefined ? undefined : Number(start);
}
