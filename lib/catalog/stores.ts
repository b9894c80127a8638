/**
 * Owns the index of all stores: which archive stands for an image, and which it shadows. It refuses to open
 * an archive.
 */

import { join } from "@std/path/posix/join";
import { quote } from "../errors.ts";
import { decodePath, encodePath } from "../bytes.ts";
import { keepWarnings } from "../log.ts";
import {
  formatImage,
  type ImageName,
  type ImageReference,
  splitImage,
  toImageName,
  toImageReference,
} from "../manifest/names.ts";
import type { System } from "../config/system.ts";
import { listStores, type StorePath, type StorePathOptions } from "../config/search_paths.ts";
import type { DirEntry } from "../sys/dirents.ts";
import { findEntries, pickRegularFiles } from "./regular_files.ts";

/** How an archive is made. */
export type ArchiveFormat = "tgz" | "squashfs";

const SUFFIXES = [".torcx.tgz", ".torcx.squashfs"] as const;

/** The file that holds one image. */
export interface Archive {
  name: ImageName;
  reference: ImageReference;
  format: ArchiveFormat;
  path: string;
  /** The store that it lies in. */
  store: string;
}

/** The archives of all stores. */
export interface StoreIndex {
  /** The archives that win, sorted by name, then reference. */
  archives: Archive[];
  shadowed: { archive: Archive; by: Archive }[];
  /** The stores that exist, in lookup order. */
  stores: string[];
  /** The stores that are configured and do not exist. */
  absent: StorePath[];
  /** All that lies in the stores, archives or not. */
  files: { store: string; file: string }[];
  /** What was passed over. */
  warnings: string[];
  /** The archive of an image. */
  find(image: { name: string; reference: string }): Archive | undefined;
}

/** Options of {@linkcode indexStores}. */
export interface IndexStoresOptions extends StorePathOptions {
  /** The version of the versioned stores; by default the running one. */
  osVersion?: string;
}

/**
 * Reads all stores. The first store wins for one image, but a squashfs in any store beats a tgz; a
 * shadowed archive is a warning.
 *
 * @throws {TorcxError} `failed` if a store or one of its entries is there and cannot be read.
 */
export function indexStores(
  { root, settings, log }: System,
  options: IndexStoresOptions = {},
): StoreIndex {
  const stores: string[] = [];
  const absent: StorePath[] = [];
  const files: StoreIndex["files"] = [];
  const warnings: string[] = [];
  const system = { root, log: keepWarnings(log, warnings) };
  const winners = new Map<string, Archive>();
  const losers: Archive[] = [];
  const seen = new Set<string>();
  for (const place of listStores(settings, options.osVersion, options)) {
    const store = place.path;
    const entries = findEntries(system, store);
    if (entries === undefined) {
      if (!place.isConfigured) continue;
      absent.push(place);
      system.log.warning(`store ${quote(store)} (${place.source}) is absent: is it mounted?`);
      continue;
    }
    // A store that is reached by two paths shadows nothing.
    const stat = root.stat(encodePath(store));
    const identity = `${stat.dev}:${stat.ino}`;
    if (seen.has(identity)) {
      log.debug(`skipping store ${quote(store)}: it was read by another path`);
      continue;
    }
    seen.add(identity);
    stores.push(store);
    files.push(...entries.map(({ name }) => ({ store, file: decodePath(name) })));
    const archives = pickArchives(system, store, { entries });
    for (const archive of archives) {
      const key = formatImage(archive);
      const winner = winners.get(key);
      if (winner === undefined) winners.set(key, archive);
      else if (winner.format === "tgz" && archive.format === "squashfs") {
        winners.set(key, archive);
        losers.push(winner);
      } else losers.push(archive);
    }
    log.debug(`store ${quote(store)}: ${archives.length} archives`);
  }
  const shadowed = losers.map((archive) => ({ archive, by: winners.get(formatImage(archive))! }));
  for (const { archive, by } of shadowed) {
    log.warning(
      `image ${quote(formatImage(archive))}: archive ${quote(archive.path)} is shadowed by ${quote(by.path)}`,
    );
  }
  return {
    archives: [...winners.values()].sort(compareArchives),
    shadowed,
    stores,
    absent,
    files,
    warnings,
    find: (image) => winners.get(formatImage(image)),
  };
}

/**
 * Lists the archives of one store, sorted by file name; a missing store has none.
 *
 * @throws {TorcxError} `failed` if it is there and cannot be read.
 */
export function listArchives(system: Pick<System, "root" | "log">, store: string): Archive[] {
  const entries = findEntries(system, store);
  return entries === undefined ? [] : pickArchives(system, store, { entries });
}

function pickArchives(
  system: Pick<System, "root" | "log">,
  store: string,
  { entries }: { entries: readonly DirEntry[] },
): Archive[] {
  const { log } = system;
  return pickRegularFiles(system, store, { entries, suffixes: SUFFIXES }).flatMap((file) => {
    const archive = parseArchiveName(file, store);
    if (archive !== undefined) return [archive];
    log.warning(`skipping archive ${quote(join(store, file))}: it holds no legal NAME:REFERENCE`);
    return [];
  });
}

/** Parses an archive's file name; undefined if it holds no legal names. */
export function parseArchiveName(file: string, store: string): Archive | undefined {
  const suffix = SUFFIXES.find((end) => file.endsWith(end));
  if (suffix === undefined) return undefined;
  const parts = splitImage(file.slice(0, -suffix.length));
  const name = toImageName(parts.name);
  const reference = toImageReference(parts.reference);
  if (name === undefined || reference === undefined) return undefined;
  return {
    name,
    reference,
    format: suffix === ".torcx.tgz" ? "tgz" : "squashfs",
    path: join(store, file),
    store,
  };
}

function compareArchives(a: Archive, b: Archive): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.reference < b.reference ? -1 : a.reference > b.reference ? 1 : 0;
}
