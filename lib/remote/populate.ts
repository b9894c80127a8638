/**
 * Owns the run of a population: remotes asked once each, archives fetched several at a time, good ones kept
 * whatever becomes of the others. It refuses to print.
 */

import { join } from "@std/path/posix/join";
import { decodePath, encodePath } from "../bytes.ts";
import { quote, TorcxError } from "../errors.ts";
import type { System } from "../config/system.ts";
import { formatDigest } from "../manifest/digest.ts";
import { DEFAULT_REFERENCE, formatImage } from "../manifest/names.ts";
import { computeDigest } from "../sys/digest.ts";
import { replaceSymlink } from "../sys/symlink_replacement.ts";
import { fetchContents, type VerifiedContents } from "./contents.ts";
import { downloadArchive, type DownloadOrder, makeStagedName, type WantedDigest } from "./download.ts";
import { rememberAccepted } from "./freshness.ts";
import { findRemoteFile, type RemoteFile } from "./location.ts";
import type { PopulatedImage, Population, PopulationOptions, WantedImage } from "./population.ts";
import { type LocatedRemote, locateRemote } from "../catalog/located_remotes.ts";
import type { RetryOptions } from "./retry.ts";
import { lockStore, removeLeftovers } from "./store_lock.ts";
import type { Source } from "./transport.ts";

/** Options of {@linkcode populate}. */
export interface PopulateOptions extends PopulationOptions, RetryOptions {
  source: Source;
  /** Holds archives that are there against the remote. Default false. */
  isVerify?: boolean;
  /** Asks the remotes, and changes nothing. Default false. */
  isDryRun?: boolean;
  /** Accepts what nobody vouches for. Default false. */
  isInsecure?: boolean;
  /** Accepts contents older than those of before. Default false. */
  isOlderAllowed?: boolean;
  /** Fails if another population is at work. Default false. */
  isWaitRefused?: boolean;
  /** The largest archive accepted, in bytes. */
  maxSize?: number | undefined;
  /** How long one archive may take, in milliseconds. Default 10 min. */
  timeout?: number | undefined;
  /** Told of what is there of an archive and what the whole is, in bytes. */
  onProgress?: (image: string, done: number, total: number | undefined) => void;
}

/** How many archives are fetched at once. */
const DOWNLOADS_MAX = 4;
const TIMEOUT = 600_000;
/** As the contract's directories are. */
const STORE_MODE = 0o755;

/** An image's file in a remote, and what it is wanted for. */
interface Order {
  wanted: WantedImage;
  located: LocatedRemote;
  file: RemoteFile;
  verified: VerifiedContents;
}

/**
 * Fetches what a population lacks; every image has its result, in the population's order.
 *
 * @throws {TorcxError} `busy` if another population is at work and waiting is refused; `failed` if the store
 *   cannot be made. What fails for one image alone is in its result.
 */
export async function populate(
  system: System,
  population: Population,
  options: PopulateOptions,
): Promise<PopulatedImage[]> {
  const { isVerify = false, isDryRun = false } = options;
  const results = new Map<WantedImage, PopulatedImage>();
  const asked: WantedImage[] = [];
  for (const wanted of population.wanted) {
    if (wanted.archive === undefined || isVerify) asked.push(wanted);
    else results.set(wanted, { image: wanted.image, state: "present", path: wanted.archive.path });
  }
  const orders = await askRemotes(system, asked, { options, results });
  if (orders.length > 0 && !isDryRun) makeStore(system, population.store);
  using _lock = orders.length === 0 || isDryRun
    ? undefined
    : await lockStore(system, population.store, options);
  if (_lock !== undefined) {
    const staged = new Set(orders.map((order) => decodePath(makeStagedName(makeOrder(order, population)))));
    removeLeftovers(system, population.store, { wanted: staged });
  }
  await runInParallel(orders, async (order) => {
    results.set(order.wanted, await settle(system, order, { population, options }));
  });
  if (!isDryRun) rememberRemotes(system, orders);
  return population.wanted.map((wanted) => results.get(wanted)!);
}

function makeStore({ root }: System, store: string): void {
  try {
    root.makeDirs(encodePath(store), STORE_MODE);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", `Cannot make store ${quote(store)}`, { cause });
  }
}

interface AskOptions {
  options: PopulateOptions;
  results: Map<WantedImage, PopulatedImage>;
}

/** Asks every remote that is needed once; what fails there fails its images. */
async function askRemotes(
  system: System,
  asked: readonly WantedImage[],
  { options, results }: AskOptions,
): Promise<Order[]> {
  const orders: Order[] = [];
  for (const [name, images] of Map.groupBy(asked, ({ image }) => image.remote)) {
    const fail = (wanted: WantedImage, error: unknown): void => {
      options.signal?.throwIfAborted();
      if (!(error instanceof TorcxError)) throw error;
      results.set(wanted, { image: wanted.image, state: "failed", error });
    };
    try {
      const located = locateRemote(system, name, options);
      if (located.base.usrDirectory !== undefined) {
        for (const wanted of images) results.set(wanted, settleInPlace(wanted, located));
        continue;
      }
      const verified = await fetchContents(system, located, options);
      for (const wanted of images) {
        try {
          const file = findRemoteFile(verified.contents, wanted.image, {
            baseUrl: located.base.url,
            format: options.format,
            isUnverifiedAllowed: options.isInsecure === true,
          });
          orders.push({ wanted, located, file, verified });
        } catch (error) {
          fail(wanted, error);
        }
      }
    } catch (error) {
      for (const wanted of images) fail(wanted, error);
    }
  }
  return orders;
}

/** Of a remote that the OS image has in it nothing is fetched: its archives are read where they are. */
function settleInPlace({ image, archive }: WantedImage, { remote, base }: LocatedRemote): PopulatedImage {
  if (archive !== undefined) return { image, state: "present", path: archive.path };
  const error = new TorcxError(
    "not_found",
    `Cannot find image ${quote(formatImage(image))}: remote ${quote(remote.name)} is ${
      quote(base.usrDirectory ?? "")
    }, and no archive of it is there`,
  );
  return { image, state: "failed", error };
}

function makeOrder({ file, wanted }: Order, { store }: Population): DownloadOrder {
  const digests: WantedDigest[] = file.digest === undefined
    ? []
    : [{ digest: file.digest, by: `remote ${quote(wanted.image.remote)}` }];
  return { url: file.url, wanted: digests, directory: encodePath(store), name: encodePath(file.file) };
}

interface SettleOptions {
  population: Population;
  options: PopulateOptions;
}

/** Does what is to be done for one image. */
async function settle(
  system: System,
  order: Order,
  { population, options }: SettleOptions,
): Promise<PopulatedImage> {
  const { wanted: { image, archive }, file, verified } = order;
  const path = join(population.store, file.file);
  const known = { image, url: file.url, path, digest: file.digest, signature: verified.signature };
  const started = performance.now();
  try {
    if (archive !== undefined) {
      const isSame = file.digest === undefined || isArchive(system, archive.path, file);
      if (isSame) return { ...known, state: "verified", path: archive.path };
      // What lies elsewhere somebody else has put there.
      if (archive.store !== population.store) return { ...known, state: "differs", path: archive.path };
    }
    if (options.isDryRun) return { ...known, state: "missing" };
    const bytes = await fetchOne(system, order, { population, options });
    return { ...known, state: "fetched", bytes, milliseconds: performance.now() - started };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof TorcxError)) throw error;
    return { ...known, state: "failed", error };
  }
}

/** Tells whether an archive that is there is the remote's. */
function isArchive({ root }: System, path: string, { digest }: RemoteFile): boolean {
  if (digest === undefined) return false;
  return computeDigest(root, encodePath(path), digest) === formatDigest(digest);
}

async function fetchOne(
  system: System,
  order: Order,
  { population, options }: SettleOptions,
): Promise<number> {
  const { root, log } = system;
  const { wanted: { image }, file } = order;
  const { source, timeout = TIMEOUT, onProgress, signal } = options;
  const limit = AbortSignal.timeout(timeout);
  const ended = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const title = formatImage(image);
  const download = makeOrder(order, population);
  if (file.digest === undefined) {
    log.warning(`image ${quote(title)}: nobody says what its bytes must be (--insecure)`);
  }
  try {
    const { bytes } = await downloadArchive(root, {
      source,
      order: download,
      options: {
        ...options,
        signal: ended,
        onProgress: (done, total) => onProgress?.(title, done, total),
        onRetry: (error, wait) => {
          log.warning(`${error.message}: trying again in ${Math.ceil(wait / 1000)} s`);
        },
      },
    });
    const digest = file.digest === undefined ? "" : ` (${formatDigest(file.digest)})`;
    log.info(`image ${quote(title)}: fetched ${bytes} bytes from ${quote(file.url.href)}${digest}`);
    if (image.reference === DEFAULT_REFERENCE) linkDefault(system, { population, file });
    return bytes;
  } catch (error) {
    if (!limit.aborted || signal?.aborted) throw error;
    throw new TorcxError(
      "network",
      `Cannot get ${quote(file.url.href)}: it took more than ${timeout / 1000} s`,
      {
        hint: "What came is kept for the next run; allow more by --timeout",
      },
    );
  }
}

/** Makes `NAME:com.coreos.cl` a link to the version that it stands for. */
function linkDefault(
  { root }: System,
  { population, file }: { population: Population; file: RemoteFile },
): void {
  const link = `${file.name}:${DEFAULT_REFERENCE}.torcx.${file.format}`;
  replaceSymlink(root, encodePath(join(population.store, link)), { target: encodePath(file.file) });
}

/** Remembers the contents that were accepted, whatever became of the archives. */
function rememberRemotes(system: System, orders: readonly Order[]): void {
  for (const [{ signature }, [order]] of Map.groupBy(orders, ({ verified }) => verified)) {
    if (order === undefined || signature === undefined) continue;
    rememberAccepted(system, { url: order.located.base.url, signature });
  }
}

/** Calls a function for each item, a few at a time. */
async function runInParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) await run(item);
  };
  await Promise.all(Array.from({ length: DOWNLOADS_MAX }, work));
}
