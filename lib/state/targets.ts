/**
 * Owns where an apply may write: the paths of each place that a kind of operation has. What a record says
 * beyond them is not torcx's doing. It touches nothing.
 */

import { type ByteString, encodePath, splitPath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import { TARGET_DIRS } from "../manifest/asset_kinds.ts";
import { type Operation, OPERATION_KINDS, type OperationPlace } from "../manifest/journal.ts";

/** Whether a path is of the place. */
const PLACES: Record<OperationPlace, (path: ByteString, settings: Settings) => boolean> = {
  seal: (path, { paths }) => path === encodePath(paths.seal),
  "run profile": (path, { paths }) => path === encodePath(paths.runProfile),
  report: (path, { paths }) => path === encodePath(paths.report),
  "unpack dir": (path, { paths }) => path === encodePath(paths.unpackDir),
  tree: (path, { paths }) => splitPath(path).parent === encodePath(paths.unpackDir),
  // A directory of an image is propagated with its direct children.
  asset: (path, settings) => {
    const assetDirs = listAssetDirs(settings);
    return listAncestors(path).slice(0, 2).some((parent) => assetDirs.includes(parent));
  },
  directory: (path, settings) => {
    const { baseDir, confDir, paths } = settings;
    const assetDirs = listAssetDirs(settings);
    if (assetDirs.includes(splitPath(path).parent)) return true;
    const places = [baseDir, confDir, paths.unpackDir, paths.userProfiles, paths.seal].map((item) =>
      encodePath(item)
    );
    return [...places, ...assetDirs].some((place) => `${place}/`.startsWith(`${path}/`));
  },
};

/** Returns whether an operation is where one of its kind can be, by the settings. */
export function isKnownTarget(settings: Settings, { kind, path }: Operation): boolean {
  return PLACES[OPERATION_KINDS[kind].place](path, settings);
}

function listAssetDirs({ paths }: Settings): ByteString[] {
  return [paths.binDir, ...TARGET_DIRS].map((item) => encodePath(item));
}

/** Lists the directories that a path is in, the nearest first. */
function listAncestors(path: ByteString): ByteString[] {
  const ancestors: ByteString[] = [];
  for (let { parent } = splitPath(path); parent !== ""; { parent } = splitPath(parent)) {
    ancestors.push(parent);
  }
  return ancestors;
}
