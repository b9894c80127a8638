/**
 * Owns the plan of `image prune`: which archives of the user store no profile needs. It refuses every other
 * store, looks through no symlinked directory, and keeps all names on the way of what any store offers.
 */

import { join } from "@std/path/posix/join";
import { quote, TorcxError } from "../errors.ts";
import { decodePath, encodePath } from "../bytes.ts";
import { SILENT_LOG } from "../log.ts";
import { formatImage } from "../manifest/names.ts";
import type { System } from "../config/system.ts";
import { listStorePaths, listStores } from "../config/search_paths.ts";
import type { Root } from "../sys/root.ts";
import { getNameKey, identify, listNamesOnTheWay, type NameKey } from "./links.ts";
import { compareOsVersions } from "./os_versions.ts";
import { listProfiles, readProfile } from "./profiles.ts";
import { planArchive, type Removal } from "./removal.ts";
import { type Archive, listArchives } from "./stores.ts";
import { listVersionedStores, type VersionedStore } from "./versioned_stores.ts";

/** Options of {@linkcode planPrune}. */
export interface PruneOptions {
  /** The directory of the running version may go, if nothing is left in it. Default false. */
  isForced?: boolean;
}

/** A directory of archives, and of which OS version. */
interface View {
  path: string;
  version: string | undefined;
}

/**
 * Plans the removal of archives that no profile needs, of the current OS version, the one before, or
 * later ones. For the current version, and for archives without one, an image is needed if a profile
 * lists its name and reference. The profiles of other versions are not all here, so that for those
 * every reference of an image that a profile lists is needed. So is all that a symlink to a needed
 * archive, or any archive of another store, leads through.
 *
 * @throws {TorcxError} `failed` if a profile or a store cannot be read: what is needed is not known then.
 */
export function planPrune(
  system: System,
  options: PruneOptions = {},
): Removal[] {
  try {
    return planKnown(system, options);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", "Cannot prune the user store: what is needed is not known", { cause });
  }
}

function planKnown(
  system: System,
  { isForced = false }: PruneOptions,
): Removal[] {
  const { root, settings, log } = system;
  const { userStore } = settings.paths;
  const versions = listVersionedStores(system, userStore);
  const findReason = makeRule(system, versions);
  const candidates: View[] = [
    { path: userStore, version: undefined },
    ...versions.filter(({ isLink }) => !isLink),
  ];
  const own = new Set(candidates.map(({ path }) => findIdentity(root, path)));
  const needed = new Set<NameKey>();
  const removals: Removal[] = [];
  const need = (path: string): void => {
    for (const key of listNamesOnTheWay(root, path)) needed.add(key);
  };
  for (const view of candidates) {
    for (const archive of listArchives(system, view.path)) {
      const reason = findReason(archive, view.version);
      if (reason === undefined) need(archive.path);
      else removals.push(planArchive(root, archive, { version: view.version, reason }));
    }
  }
  for (const view of listOtherViews(system, versions)) {
    // Another path to one of the candidates has needs of its own; nothing goes from any other store.
    const isOwn = own.has(findIdentity(root, view.path));
    for (const archive of listArchives(system, view.path)) {
      if (!isOwn || findReason(archive, view.version) === undefined) need(archive.path);
    }
  }
  for (const { path, source, isConfigured } of listStores(settings)) {
    if (!isConfigured || path === userStore || root.findStat(encodePath(path)) !== undefined) continue;
    log.warning(`store ${quote(path)} (${source}) is absent: what its links need is not known`);
  }
  const isNeeded = ({ path }: { path: string }): boolean => needed.has(getNameKey(root, path));
  // Of two candidates that are one directory (a bind mount) each name counts once.
  const unneeded = new Map(
    removals.filter((removal) => !isNeeded(removal)).map((
      removal,
    ) => [getNameKey(root, removal.path), removal]),
  );
  const archives = countHardLinks(root, [...unneeded.values()]);
  const directories = candidates.filter((view) =>
    view.version !== undefined && (isForced || view.version !== settings.versionId) && !isNeeded(view)
  );
  return [...archives, ...planEmpty(root, { views: directories, archives })];
}

function findIdentity(root: Root, path: string): string | undefined {
  const stat = root.findStat(encodePath(path));
  return stat === undefined ? undefined : identify(stat);
}

/** Lists the paths of stores but the candidates' own: of all layers and versions, and symlinked ones. */
function listOtherViews({ root, settings }: System, versions: readonly VersionedStore[]): View[] {
  const { userStore, oemDir } = settings.paths;
  const own = new Set([userStore, ...versions.map(({ path }) => path)]);
  const oem = listVersionedStores({ root, log: SILENT_LOG }, join(oemDir, "store"));
  const configured = listStorePaths(settings).filter((path) =>
    !own.has(path) && !oem.some((store) => store.path === path)
  );
  return [
    ...configured.map((path) => ({ path, version: undefined })),
    ...oem,
    ...versions.filter(({ isLink }) => isLink),
  ];
}

/** Makes the rule that says why a version does not need an archive; undefined if it does. */
function makeRule(
  system: System,
  versions: readonly VersionedStore[],
): (archive: Archive, version: string | undefined) => string | undefined {
  const { settings } = system;
  const images = listProfileImages(system);
  const names = new Set([...images].map((image) => image.slice(0, image.lastIndexOf(":"))));
  const current = settings.versionId;
  // Without a current version nothing tells which ones are old.
  const isOlder = (version: string): boolean =>
    current !== undefined && compareOsVersions(version, current) < 0;
  const previous = versions.findLast(({ version }) => isOlder(version))?.version;
  return (archive, version) => {
    if (version === undefined || version === current) {
      return images.has(formatImage(archive)) ? undefined : "no profile lists it";
    }
    if (isOlder(version) && version !== previous) {
      return `version ${version} is older than the previous one`;
    }
    return names.has(archive.name) ? undefined : "no profile lists an image of this name";
  };
}

function listProfileImages(system: System): Set<string> {
  const { root, settings } = system;
  const files: { path: string }[] = [...listProfiles(system).values()];
  const { runProfile } = settings.paths;
  if (root.findStat(encodePath(runProfile)) !== undefined) files.push({ path: runProfile });
  return new Set(
    files.flatMap((file) =>
      readProfile(system, file).images.filter(({ reference }) => reference !== "").map(formatImage)
    ),
  );
}

/** A file's bytes become free with the last of its names, and if that goes too. */
function countHardLinks(root: Root, removals: readonly Removal[]): Removal[] {
  const groups = Map.groupBy(removals, ({ identity }) => identity);
  return removals.map((removal) => {
    const group = groups.get(removal.identity)!;
    const { nlink, size } = root.lstat(encodePath(removal.path));
    return { ...removal, bytes: removal === group.at(-1) && group.length >= nlink ? size : 0 };
  });
}

/** Plans the removal of the directories in which nothing is left. */
function planEmpty(
  root: Root,
  { views, archives }: { views: readonly View[]; archives: readonly Removal[] },
): Removal[] {
  const gone = new Set(archives.map(({ path }) => path));
  return views.flatMap(({ path, version }): Removal[] => {
    const bytes = encodePath(path);
    const isLeft = root.readDir(bytes).some(({ name }) => !gone.has(join(path, decodePath(name))));
    if (isLeft) return [];
    const identity = identify(root.lstat(bytes));
    return [{ kind: "empty", path, version, bytes: 0, reason: "nothing is left in it", identity }];
  });
}
