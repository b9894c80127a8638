/**
 * Owns the removal of archives from the user store: `clear-versioned` and `prune`, each planned
 * first and executed from the plan. It refuses every other store. Callers: the image commands.
 */

import { quote, TorcxError } from "../errors.ts";
import { encodePath } from "../bytes.ts";
import type { Logger } from "../log.ts";
import { formatImage, type ImageName } from "../manifest/names.ts";
import { isOsVersion } from "../config/os_release.ts";
import { join } from "../config/paths.ts";
import type { Settings } from "../config/settings.ts";
import type { Root } from "../sys/root.ts";
import { compareOsVersions } from "./os_versions.ts";
import { listProfiles, readProfile } from "./profiles.ts";
import { type Archive, listArchives } from "./stores.ts";

/** One thing to remove. */
export interface Removal {
  /** A directory is removed with all that is in it; `empty` only if nothing is left in it by then. */
  kind: "archive" | "directory" | "empty";
  path: string;
  /** The archive, where it is one. */
  archive?: Archive;
  /** Bytes that an archive takes. */
  bytes: number;
  reason: string;
}

/** A directory of mkfs, which is there if the store is a file system of its own. */
const NOT_A_VERSION = "lost+found";

/** A versioned directory of the user store. */
interface VersionedStore {
  version: string;
  path: string;
}

/** Lists the versioned directories of the user store, oldest version first. */
function listVersionedStores(root: Root, settings: Settings, log: Logger): VersionedStore[] {
  const { userStore } = settings.paths;
  if (root.findStat(encodePath(userStore))?.type !== "directory") return [];
  const stores: VersionedStore[] = [];
  for (const { name } of root.readDir(encodePath(userStore))) {
    const path = join(userStore, name);
    if (name === NOT_A_VERSION || root.findStat(encodePath(path))?.type !== "directory") continue;
    if (isOsVersion(name)) stores.push({ version: name, path });
    else log.warning(`leaving directory ${quote(path)} alone: it is not named by a version`);
  }
  return stores.sort((a, b) => compareOsVersions(a.version, b.version));
}

/**
 * Plans the removal of the versioned directories but those kept; with an image's name, only of its
 * archives in them.
 */
export function planClearVersioned(
  root: Root,
  settings: Settings,
  log: Logger,
  options: { keepVersions: readonly string[]; name?: ImageName },
): Removal[] {
  if (settings.versionId !== undefined && !options.keepVersions.includes(settings.versionId)) {
    log.warning(`version ${quote(settings.versionId)}, which is running, is not among those kept`);
  }
  return listVersionedStores(root, settings, log)
    .filter(({ version }) => !options.keepVersions.includes(version))
    .flatMap(({ version, path }): Removal[] => {
      const reason = `version ${version} is not kept`;
      if (options.name === undefined) return [{ kind: "directory", path, bytes: 0, reason }];
      return listArchives(root, path, log)
        .filter(({ name }) => name === options.name)
        .map((archive) => makeRemoval(root, archive, reason));
    });
}

function makeRemoval(root: Root, archive: Archive, reason: string): Removal {
  const { path } = archive;
  return { kind: "archive", path, archive, bytes: root.lstat(encodePath(path)).size, reason };
}

/**
 * Plans the removal of archives that no profile needs, of the current OS version, the one before, or
 * later ones. For the current version, and for archives without one, an image is needed if a profile
 * lists its name and reference. The profiles of other versions are not all here, so that for those
 * every reference of an image that a profile lists is needed.
 *
 * @throws {TorcxError} `failed` if a profile cannot be read: what it needs is not known then.
 */
export function planPrune(root: Root, settings: Settings, log: Logger): Removal[] {
  const needed = listNeededImages(root, settings, log);
  const neededNames = new Set([...needed].map((image) => image.slice(0, image.lastIndexOf(":"))));
  const current = settings.versionId;
  const stores = listVersionedStores(root, settings, log);
  const previous = stores.findLast(({ version }) =>
    current !== undefined && compareOsVersions(version, current) < 0
  );

  const findReason = (archive: Archive, store: VersionedStore | undefined): string | undefined => {
    if (store === undefined || store.version === current) {
      return needed.has(formatImage(archive)) ? undefined : "no profile lists it";
    }
    // Without a current version nothing tells which ones are old.
    const isOld = current !== undefined && compareOsVersions(store.version, current) < 0 &&
      store !== previous;
    if (isOld) return `version ${store.version} is older than the previous one`;
    return neededNames.has(archive.name) ? undefined : "no profile lists an image of this name";
  };
  const removals: Removal[] = [];
  const kept = new Set<string>();
  const examine = (path: string, store: VersionedStore | undefined): void => {
    for (const archive of listArchives(root, path, log)) {
      const reason = findReason(archive, store);
      if (reason === undefined) kept.add(identify(root, archive.path));
      else removals.push(makeRemoval(root, archive, reason));
    }
    if (store !== undefined) {
      removals.push({ kind: "empty", path: store.path, bytes: 0, reason: "nothing is left in it" });
    }
  };
  examine(settings.paths.userStore, undefined);
  for (const store of stores) examine(store.path, store);
  // What a symlink that is kept leads to is needed too, whatever its own name is.
  return removals.filter(({ kind, path }) => kind !== "archive" || !kept.has(identify(root, path, true)));
}

/** Identifies the file that a path leads to, or is. */
function identify(root: Root, path: string, isItself = false): string {
  const stat = isItself ? root.lstat(encodePath(path)) : root.stat(encodePath(path));
  return `${stat.dev}:${stat.ino}`;
}

function listNeededImages(root: Root, settings: Settings, log: Logger): Set<string> {
  const files: { path: string }[] = [...listProfiles(root, settings, log).values()];
  const { runProfile } = settings.paths;
  if (root.findStat(encodePath(runProfile)) !== undefined) files.push({ path: runProfile });
  return new Set(
    files.flatMap((file) =>
      readProfile(root, file).images.filter(({ reference }) => reference !== "").map(formatImage)
    ),
  );
}

/**
 * Removes what was planned. A failure does not stop it.
 *
 * @returns what was removed; empty directories that were not empty are left out.
 * @throws {TorcxError} `failed` if something could not be removed; the causes say what.
 */
export function removePlanned(root: Root, log: Logger, plan: readonly Removal[]): Removal[] {
  const removed: Removal[] = [];
  const errors: TorcxError[] = [];
  for (const removal of plan) {
    try {
      if (!removeOne(root, removal)) continue;
      log.info(`removed ${quote(removal.path)}: ${removal.reason}`);
      removed.push(removal);
    } catch (cause) {
      if (!(cause instanceof TorcxError)) throw cause;
      errors.push(new TorcxError("failed", `Cannot remove ${quote(removal.path)}`, { cause }));
    }
  }
  if (errors.length > 0) {
    throw new TorcxError(
      "failed",
      `Cannot clear the user store: ${errors.length} of ${plan.length} removals failed`,
      {
        cause: new AggregateError(errors, errors.map(({ message }) => message).join("; ")),
      },
    );
  }
  return removed;
}

function removeOne(root: Root, { kind, path }: Removal): boolean {
  const bytes = encodePath(path);
  if (kind === "directory") root.removeTree(bytes);
  else if (kind === "archive") root.unlink(bytes);
  else {
    if (root.lstat(bytes).type !== "directory" || root.readDir(bytes).length > 0) return false;
    root.removeDir(bytes);
  }
  return true;
}
