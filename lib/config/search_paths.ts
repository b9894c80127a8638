/**
 * Owns the lists of directories to look in: stores, profiles, remotes, each in the contract's order.
 * It refuses to open them.
 */

import { basename } from "@std/path/posix/basename";
import { join } from "@std/path/posix/join";
import { DEFAULT_SOURCE, ENVIRONMENT_SOURCE, formatConfigSource } from "./sources.ts";
import type { SettingName, Settings } from "./settings.ts";

/** Options of {@linkcode listStorePaths}. */
export interface StorePathOptions {
  /** Leaves the vendor store out, wherever it is listed: it belongs to the running OS version. Default false. */
  isVendorOmitted?: boolean;
}

/** A directory to look for archives in. */
export interface StorePath {
  path: string;
  /** The setting that it follows from; undefined: its place is fixed. */
  setting: SettingName | undefined;
  /** Where that setting comes from, in a word: `config.json`, `TORCX_STOREPATH`, `default`. */
  source: string;
  /** Whether somebody asked for it, so that its absence is worth a warning. */
  isConfigured: boolean;
}

/**
 * Lists the stores in lookup order, each path once.
 *
 * @param osVersion the version of the versioned stores; by default the running one, without which they
 *   are left out.
 */
export function listStores(
  settings: Settings,
  osVersion: string | undefined = settings.versionId,
  options: StorePathOptions = {},
): StorePath[] {
  const { vendorDir, oemDir, userStore } = settings.paths;
  const vendorStore = join(vendorDir, "store");
  const oemStore = join(oemDir, "store");
  const make = (path: string, setting?: SettingName, isConfigured = false): StorePath => ({
    path,
    setting,
    source: shortenSource(settings, setting),
    isConfigured,
  });
  const withVersion = (store: string, setting?: SettingName): StorePath[] =>
    osVersion === undefined ? [] : [make(join(store, osVersion), setting)];
  const hasOwnBase = settings.sources.get("base_dir") !== DEFAULT_SOURCE;
  const stores = [
    make(vendorStore, "usr_mountpoint"),
    ...withVersion(oemStore),
    make(oemStore),
    ...settings.storePaths.map((path) => make(path, "store_paths", true)),
    ...withVersion(userStore, "base_dir"),
    make(userStore, "base_dir", hasOwnBase),
    ...settings.extraStorePaths.map((path) => make(path, "extra_store_paths", true)),
  ];
  const byPath = new Map<string, StorePath>();
  for (const store of stores) {
    // Listed again it is still the vendor's.
    if (options.isVendorOmitted === true && store.path === vendorStore) continue;
    const first = byPath.get(store.path);
    // The first place counts, and that one of them was asked for.
    if (first === undefined) byPath.set(store.path, store);
    else if (!first.isConfigured && store.isConfigured) {
      byPath.set(store.path, { ...first, setting: store.setting, source: store.source, isConfigured: true });
    }
  }
  return [...byPath.values()];
}

/** As {@linkcode listStores}, the paths alone. */
export function listStorePaths(
  settings: Settings,
  osVersion: string | undefined = settings.versionId,
  options: StorePathOptions = {},
): string[] {
  return listStores(settings, osVersion, options).map(({ path }) => path);
}

function shortenSource(settings: Settings, setting: SettingName | undefined): string {
  const source = setting === undefined ? DEFAULT_SOURCE : settings.sources.get(setting) ?? DEFAULT_SOURCE;
  if (source === formatConfigSource(settings.configPath)) return basename(settings.configPath);
  return source.startsWith(ENVIRONMENT_SOURCE) ? source.slice(ENVIRONMENT_SOURCE.length) : source;
}

/** A place where profiles and remotes lie. */
export type Layer = "vendor" | "oem" | "user";

/** Lists the profile directories; a later one overrides an earlier one. */
export function listProfileDirs(settings: Settings): { layer: Layer; path: string }[] {
  const { vendorDir, oemDir, userProfiles } = settings.paths;
  return [
    { layer: "vendor", path: join(vendorDir, "profiles") },
    { layer: "oem", path: join(oemDir, "profiles") },
    { layer: "user", path: userProfiles },
  ];
}

/** Lists the directories of remotes; a later one overrides an earlier one. */
export function listRemoteDirs(settings: Settings): { layer: Layer; path: string }[] {
  const { vendorDir, oemDir, userRemotes } = settings.paths;
  return [
    { layer: "vendor", path: join(vendorDir, "remotes") },
    { layer: "oem", path: join(oemDir, "remotes") },
    { layer: "user", path: userRemotes },
  ];
}
