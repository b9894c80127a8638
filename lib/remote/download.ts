/**
 * Owns the way of an archive from a server into a store: hashed while it streams into a hidden file that
 * bears the wanted digest's name, gone on with by a later run, renamed when it is what was wanted. Nobody
 * can have unverified bytes under a final name.
 */

import { createHash, type Hash } from "node:crypto";
import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import { quote, TorcxError } from "../errors.ts";
import { type Digest, formatDigest, isSameDigest, toDigest } from "../manifest/digest.ts";
import type { Root } from "../sys/root.ts";
import { StagedFile } from "../sys/staged_file.ts";
import { NetworkError } from "./network_error.ts";
import { retry, type RetryOptions } from "./retry.ts";
import type { Answer, Source } from "./transport.ts";

/** A digest that an archive must have, and who says so. */
export interface WantedDigest {
  digest: Digest;
  /** For people, e.g. `the remote's contents`. */
  by: string;
}

/** What is fetched, and where it goes. */
export interface DownloadOrder {
  url: URL;
  /** What it must be; empty only where unverified bytes are allowed. */
  wanted: readonly WantedDigest[];
  /** The store's directory. */
  directory: ByteString;
  /** The archive's name in it. */
  name: ByteString;
}

/** Options of {@linkcode downloadArchive}. */
export interface DownloadOptions extends RetryOptions {
  /** The largest size accepted, in bytes. Default 4 GiB. */
  maxSize?: number | undefined;
  /** Told of what is there and what the whole is, in bytes; undefined where the server does not say it. */
  onProgress?: (done: number, total: number | undefined) => void;
}

/** What a download did. */
export interface Download {
  /** The archive's size. */
  bytes: number;
  /** How much of it came over the network, in all tries. */
  fetchedBytes: number;
}

/** The largest archive that is fetched unasked. */
const MAX_SIZE = 4 * 1024 ** 3;
/** Readable by everybody, as stores are. */
const ARCHIVE_MODE = 0o644;
const BUFFER_BYTES = 256 * 1024;
const GZIP_MAGIC = "1f8b";

/** Returns the hidden name of what is not whole yet: of the first digest, or of what nobody verifies. */
export function makeStagedName({ wanted, name }: Pick<DownloadOrder, "wanted" | "name">): ByteString {
  const [first] = wanted;
  const id = first === undefined ? toDigest("sha256", hashName(name)) : first.digest;
  return encodePath(`.torcx-${first === undefined ? "unverified-" : ""}${formatDigest(id)}.part`);
}

function hashName(name: ByteString): string {
  return createHash("sha256").update(name, "latin1").digest("hex");
}

/** Tells whether a name is one of {@linkcode makeStagedName}. */
export function isStagedName(name: ByteString): boolean {
  return /^\.torcx-(?:unverified-)?sha\d+-[0-9a-f]+\.part$/.test(name);
}

/**
 * Fetches an archive into a store. What is refused leaves no file; what was cut off leaves its hidden file
 * for the next run.
 *
 * @throws {NetworkError} if the server cannot be reached or does not have it.
 * @throws {TorcxError} `untrusted` if the bytes are not those of the digest.
 */
export async function downloadArchive(
  root: Root,
  { source, order, options = {} }: {
    source: Source;
    order: DownloadOrder;
    options?: DownloadOptions;
  },
): Promise<Download> {
  using file = StagedFile.open(root, order.directory, { name: makeStagedName(order) });
  const download = new ArchiveDownload(file, { source, order, options });
  try {
    await download.run();
  } catch (error) {
    // An empty one has nothing to go on with; one that is refused must not be gone on with.
    if (file.size === 0 || !(error instanceof NetworkError && error.isTransient)) {
      if (!isInterruption(error, options.signal)) file.discard();
    }
    throw error;
  }
  file.publish(order.name, ARCHIVE_MODE);
  return { bytes: file.size, fetchedBytes: download.fetchedBytes };
}

function isInterruption(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && error === signal.reason;
}

class ArchiveDownload {
  fetchedBytes = 0;
  readonly #file: StagedFile;
  readonly #source: Source;
  readonly #order: DownloadOrder;
  readonly #options: DownloadOptions;
  #hashes: Hash[];

  constructor(
    file: StagedFile,
    { source, order, options }: {
      source: Source;
      order: DownloadOrder;
      options: DownloadOptions;
    },
  ) {
    this.#file = file;
    this.#source = source;
    this.#order = order;
    this.#options = options;
    this.#hashes = this.#makeHashes();
    // Nobody could tell whether what is there belongs to what comes.
    if (order.wanted.length === 0) file.clear();
  }

  #makeHashes(): Hash[] {
    return this.#order.wanted.map(({ digest }) => createHash(digest.algorithm));
  }

  #update(data: Uint8Array<ArrayBuffer>): void {
    for (const hash of this.#hashes) hash.update(data);
  }

  async run(): Promise<void> {
    const resumed = this.#hashExisting();
    if (resumed > 0 && this.#isWhole()) return;
    await retry(() => this.#fetchRest(), this.#options);
    if (this.#isWhole()) return;
    // What was there before, or what a cache had, may be to blame: once more, from nothing, past caches.
    this.#restart();
    await retry(() => this.#fetchRest({ isFresh: true }), this.#options);
    const mismatch = this.#findMismatch();
    if (mismatch !== undefined) throw this.#describeMismatch(mismatch);
  }

  /** Hashes what an earlier run left; returns its size. */
  #hashExisting(): number {
    const buffer = new Uint8Array(BUFFER_BYTES);
    for (let offset = 0; offset < this.#file.size;) {
      const count = this.#file.readAt(buffer, offset);
      if (count === 0) break;
      this.#update(buffer.subarray(0, count));
      offset += count;
    }
    return this.#file.size;
  }

  #restart(): void {
    this.#file.clear();
    this.#hashes = this.#makeHashes();
  }

  #isWhole(): boolean {
    return this.#findMismatch() === undefined;
  }

  /** Finds the first digest that it has not. */
  #findMismatch(): { wanted: WantedDigest; found: Digest } | undefined {
    for (const [index, wanted] of this.#order.wanted.entries()) {
      const found = toDigest(wanted.digest.algorithm, this.#hashes[index]!.copy().digest("hex"));
      if (!isSameDigest(found, wanted.digest)) return { wanted, found };
    }
    return undefined;
  }

  async #fetchRest({ isFresh = false } = {}): Promise<void> {
    const { signal, onProgress, maxSize = MAX_SIZE } = this.#options;
    const answer = await this.#ask(isFresh);
    if (answer === undefined) return;
    if (answer.offset !== this.#file.size) this.#restart();
    const total = answer.length === undefined ? undefined : this.#file.size + answer.length;
    if (total !== undefined && total > maxSize) {
      answer.cancel();
      throw this.#describeSize(answer.url, maxSize);
    }
    for await (const data of answer.body) {
      signal?.throwIfAborted();
      if (this.#file.size + data.length > maxSize) throw this.#describeSize(answer.url, maxSize);
      this.#update(data);
      this.#file.append(data);
      this.fetchedBytes += data.length;
      onProgress?.(this.#file.size, total);
    }
  }

  /** Asks for what is missing; undefined if the server has no more than is there. */
  async #ask(isFresh: boolean): Promise<Answer | undefined> {
    const { signal } = this.#options;
    const offset = this.#file.size;
    try {
      return await this.#source.get(this.#order.url, { signal, offset, isFresh });
    } catch (error) {
      if (offset === 0 || !(error instanceof NetworkError) || error.status !== 416) throw error;
      return undefined;
    }
  }

  #describeSize(url: URL, maxSize: number): TorcxError {
    const name = quote(decodePath(this.#order.name));
    return new TorcxError(
      "untrusted",
      `Cannot fetch ${name} from ${quote(url.href)}: it has more than ${maxSize} bytes`,
      { hint: "Allow more by --max-size" },
    );
  }

  #describeMismatch({ wanted, found }: { wanted: WantedDigest; found: Digest }): TorcxError {
    const { url, name } = this.#order;
    const magic = new Uint8Array(2);
    const isGzip = this.#file.readAt(magic, 0) === 2 && magic.toHex() === GZIP_MAGIC;
    const isUnpacked = decodePath(name).endsWith(".tgz") && !isGzip;
    return new TorcxError(
      "untrusted",
      `Cannot trust ${quote(decodePath(name))} from ${quote(url.href)}: it has the digest ${
        quote(formatDigest(found))
      }, ${wanted.by} says ${quote(formatDigest(wanted.digest))}`,
      {
        hint: isUnpacked
          ? "It is no gzip: the server may have sent it with Content-Encoding, by which it was unpacked on the way; serve archives as they are"
          : "If the archive was replaced on purpose, whoever vouches for it must do so anew; else ask whoever runs the server",
      },
    );
  }
}
