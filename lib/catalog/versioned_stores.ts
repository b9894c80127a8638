/**
 * Owns the versioned stores: the directories of a store that are named by an OS version, and the
 * symlinks that stand for one. It refuses to look into them.
 */

import { join } from "@std/path/posix/join";
import { quote } from "../errors.ts";
import { decodePath, encodePath } from "../bytes.ts";
import { isOsVersion } from "../config/os_release.ts";
import type { System } from "../config/system.ts";
import { compareOsVersions } from "./os_versions.ts";

/** A directory of mkfs, which is there if the store is a file system of its own. */
const NOT_A_VERSION = "lost+found";

/** The store of one OS version. */
export interface VersionedStore {
  version: string;
  path: string;
  /** It is a symlink to a directory: what it leads to belongs to somebody else. */
  isLink: boolean;
}

/**
 * Lists the versioned stores of a store, oldest version first; a missing store has none.
 *
 * @throws {SyscallError} if the store cannot be read.
 */
export function listVersionedStores(
  { root, log }: Pick<System, "root" | "log">,
  store: string,
): VersionedStore[] {
  if (root.findStat(encodePath(store))?.type !== "directory") return [];
  const stores: VersionedStore[] = [];
  for (const { name } of root.readDir(encodePath(store))) {
    const version = decodePath(name);
    const path = join(store, version);
    if (version === NOT_A_VERSION || root.findStat(encodePath(path))?.type !== "directory") continue;
    if (isOsVersion(version)) {
      stores.push({ version, path, isLink: root.lstat(encodePath(path)).type === "symlink" });
    } else log.warning(`leaving directory ${quote(path)} alone: it is not named by a version`);
  }
  return stores.sort((a, b) => compareOsVersions(a.version, b.version));
}
