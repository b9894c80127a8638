/**
 * Owns the lists of directories to look in: stores, profiles, remotes, each in the contract's order.
 * It refuses to open them. Callers: catalog, remote.
 */

import { join } from "./paths.ts";
import type { Settings } from "./settings.ts";

/** Options of {@linkcode listStorePaths}. */
export interface StorePathOptions {
  /** Leaves the vendor store out: it belongs to the running OS version. Default false. */
  isVendorOmitted?: boolean;
}

/**
 * Lists the stores in lookup order, each path once.
 *
 * @param osVersion the version of the versioned stores; by default the running one, without which they
 *   are left out.
 */
export function listStorePaths(
  settings: Settings,
  osVersion: string | undefined = settings.versionId,
  options: StorePathOptions = {},
): string[] {
  const { vendorDir, oemDir, userStore } = settings.paths;
  const oemStore = join(oemDir, "store");
  const withVersion = (store: string): string[] => osVersion === undefined ? [] : [join(store, osVersion)];
  return [
    ...new Set([
      ...(options.isVendorOmitted === true ? [] : [join(vendorDir, "store")]),
      ...withVersion(oemStore),
      oemStore,
      ...settings.storePaths,
      ...withVersion(userStore),
      userStore,
      ...settings.extraStorePaths,
    ]),
  ];
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
