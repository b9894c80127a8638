/**
 * Owns where an apply may write: the places that an operation of each kind can have. What a record says
 * beyond them is not torcx's doing. It touches nothing.
 */

import { type ByteString, encodePath, splitPath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import type { Operation } from "../manifest/journal.ts";
import { TARGET_DIRS } from "../manifest/asset_kinds.ts";

/** Returns whether an operation is where one of its kind can be, by the settings. */
export function isKnownTarget({ baseDir, confDir, paths }: Settings, operation: Operation): boolean {
  const { path } = operation;
  const is = (place: string): boolean => path === encodePath(place);
  const assetDirs = [paths.binDir, ...TARGET_DIRS].map((item) => encodePath(item));
  switch (operation.kind) {
    case "remove_seal":
    case "write_seal":
      return is(paths.seal);
    case "write_run_profile":
      return is(paths.runProfile);
    case "write_report":
      return is(paths.report);
    case "mount_tmpfs":
    case "remount_read_only":
      return is(paths.unpackDir);
    case "unpack":
    case "mount_squashfs":
      return splitPath(path).parent === encodePath(paths.unpackDir);
    case "link":
    case "copy":
      // A directory of an image is propagated with its direct children.
      return listAncestors(path).slice(0, 2).some((parent) => assetDirs.includes(parent));
    case "make_dir": {
      if (assetDirs.includes(splitPath(path).parent)) return true;
      const places = [baseDir, confDir, paths.unpackDir, paths.userProfiles, paths.seal].map((item) =>
        encodePath(item)
      );
      return [...places, ...assetDirs].some((place) => `${place}/`.startsWith(`${path}/`));
    }
    default:
      return operation satisfies never;
  }
}

/** Lists the directories that a path is in, the nearest first. */
function listAncestors(path: ByteString): ByteString[] {
  const ancestors: ByteString[] = [];
  for (let { parent } = splitPath(path); parent !== ""; { parent } = splitPath(parent)) {
    ancestors.push(parent);
  }
  return ancestors;
}
