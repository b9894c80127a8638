/**
 * Owns the plan of `image clear-versioned`: which versioned stores of the user store go. It refuses every
 * other store, the running version's unless forced, and what a version that is kept leads to.
 */

import { quote, TorcxError } from "../errors.ts";
import { encodePath, joinPath } from "../bytes.ts";
import type { ImageName } from "../manifest/names.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import type { Root } from "../sys/root.ts";
import { getNameKey, identify, listNamesOnTheWay, type NameKey } from "./links.ts";
import { planArchive, type Removal } from "./removal.ts";
import { listArchives } from "./stores.ts";
import { listVersionedStores, type VersionedStore } from "./versioned_stores.ts";

/** Options of {@linkcode planClearVersioned}. */
export interface ClearVersionedOptions {
  keepVersions: readonly string[];
  /** Only this image's archives in the versioned directories. */
  name?: ImageName;
  /** The running version may go. Default false. */
  isForced?: boolean;
}

/**
 * Plans the removal of the versioned directories but those kept; with an image's name, only of its
 * archives in them. Of a symlink that stands for such a directory the symlink goes.
 *
 * @throws {TorcxError} `failed` if the running version is not among those kept, or a store cannot be read.
 */
export function planClearVersioned(
  system: System,
  options: ClearVersionedOptions,
): Removal[] {
  const { settings } = system;
  checkRunningVersion(settings, options);
  try {
    return planUnkept(system, options);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", "Cannot clear the versioned stores: what is in them is not known", {
      cause,
    });
  }
}

function planUnkept(
  system: System,
  { keepVersions, name }: ClearVersionedOptions,
): Removal[] {
  const { root, settings, log } = system;
  const stores = listVersionedStores(system, settings.paths.userStore);
  const isKept = ({ version }: VersionedStore): boolean => keepVersions.includes(version);
  const needed = new Map<NameKey, string>();
  for (const { path } of stores.filter(isKept)) {
    for (const from of [path, ...listArchives(system, path).map((archive) => archive.path)]) {
      for (const key of listNamesOnTheWay(root, from)) if (!needed.has(key)) needed.set(key, from);
    }
  }
  const removals: Removal[] = [];
  for (const store of stores) {
    if (isKept(store)) continue;
    for (const removal of planStore(system, store, { name })) {
      const user = needed.get(getNameKey(root, removal.path));
      if (user === undefined) removals.push(removal);
      else log.warning(`leaving ${quote(removal.path)} alone: ${quote(user)}, which is kept, leads to it`);
    }
  }
  return removals;
}

function checkRunningVersion({ versionId }: Settings, options: ClearVersionedOptions): void {
  const { keepVersions, isForced = false } = options;
  if (versionId === undefined || isForced || keepVersions.includes(versionId)) return;
  throw new TorcxError(
    "failed",
    `Cannot clear the versioned stores: version ${
      quote(versionId)
    }, which is running, is not among those kept (${keepVersions.map(quote).join(", ")})`,
    { hint: `Add "-k ${versionId}" to keep it, or "--force" to remove its archives too` },
  );
}

/** Plans one store that is not kept. */
function planStore(
  system: Pick<System, "root" | "log">,
  store: VersionedStore,
  { name }: { name: ImageName | undefined },
): Removal[] {
  const { root, log } = system;
  const { version, path, isLink } = store;
  const reason = "its version is not kept";
  if (name === undefined) {
    const identity = identify(root.lstat(encodePath(path)));
    const bytes = isLink ? 0 : measureDirectory(root, path);
    return [{ kind: isLink ? "link" : "directory", path, version, bytes, reason, identity }];
  }
  if (isLink) {
    log.warning(`leaving ${quote(path)} alone: it is a symlink, and its archives lie elsewhere`);
    return [];
  }
  return listArchives(system, path)
    .filter((archive) => archive.name === name)
    .map((archive) => planArchive(root, archive, { version, reason }));
}

function measureDirectory(root: Root, path: string): number {
  const directory = encodePath(path);
  return root.readDir(directory)
    .map(({ name }) => root.findLstat(joinPath(directory, name)))
    .reduce((sum, stat) => sum + (stat?.type === "file" && stat.nlink === 1 ? stat.size : 0), 0);
}
