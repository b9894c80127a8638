/**
 * Owns which directories the settings may name together: torcx works in RUN and takes away there what
 * it made, so that RUN must be nobody else's, and none of them may be `/`. It compares what the paths
 * lead to, not their text, and changes nothing.
 */

import { dirname } from "@std/path/posix/dirname";
import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import { quote, TorcxError } from "../errors.ts";
import type { FileStat } from "../sys/file_stat.ts";
import type { System } from "./system.ts";
import type { Root } from "../sys/root.ts";
import { SEAL_PATH } from "./paths.ts";
import type { SettingName } from "./settings.ts";
import { listStores } from "./search_paths.ts";

/** Directories of the system, which RUN can be inside but not be. */
const SYSTEM_DIRS = ["/run", "/etc", "/var", "/usr"] as const;
/** MAXSYMLINKS of include/linux/namei.h. */
const SYMLINKS_MAX = 40;
const HINT = 'Choose a directory for "run_dir" that holds nothing else, e.g. "/run/torcx"';

/** A directory that the settings name. */
interface NamedDirectory {
  path: string;
  /** Which setting it is and where that comes from, for messages. */
  title: string;
}

/** Where a path leads to. */
interface Place {
  /** The path without symlinks. */
  path: string;
  /** What tells each directory on the way and the last one; undefined for what does not exist yet. */
  identities: (string | undefined)[];
}

/** Looks a path up, symlinks not followed; each is asked of the kernel once, as most share their beginning. */
type LookUp = (path: ByteString) => FileStat | undefined;

function makeLookUp(root: Root): LookUp {
  const known = new Map<ByteString, FileStat | undefined>();
  return (path) => {
    if (!known.has(path)) known.set(path, root.findLstat(path));
    return known.get(path);
  };
}

/**
 * Finds what forbids to work with these settings.
 *
 * @returns an error that names both settings and their sources, undefined if there is nothing.
 */
export function findSettingsFault(system: System): TorcxError | undefined {
  try {
    return compareDirectories(system);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    return new TorcxError("failed", "Cannot check the settings: a directory's path cannot be followed", {
      cause,
    });
  }
}

function compareDirectories({ root, settings }: System): TorcxError | undefined {
  const { baseDir, runDir, confDir, usrDir } = settings;
  const top = identify(root, encodePath("/"));
  const name = (path: string, setting: SettingName): NamedDirectory => ({
    path,
    title: `setting ${quote(setting)} from ${settings.sources.get(setting) ?? "default"}`,
  });
  const run = name(runDir, "run_dir");
  const others = [
    name(baseDir, "base_dir"),
    name(confDir, "conf_dir"),
    name(usrDir, "usr_mountpoint"),
    ...listStores(settings).map(({ path, setting }) =>
      setting === undefined ? { path, title: "the OEM store, whose place is fixed" } : name(path, setting)
    ),
    { path: dirname(SEAL_PATH), title: "the seal's directory, which is fixed" },
  ];
  const lookUp = makeLookUp(root);
  const runPlace = resolve(root, { lookUp, path: runDir });
  const places = others.map((directory) => ({
    ...directory,
    place: resolve(root, { lookUp, path: directory.path }),
  }));
  for (const { path, title, place } of [{ ...run, place: runPlace }, ...places]) {
    if (place.path === "/" || place.identities.at(-1) === top) {
      return refuse(path, title, "it is the root directory");
    }
  }
  for (const path of SYSTEM_DIRS) {
    if (isSame(runPlace, resolve(root, { lookUp, path }))) {
      return refuse(runDir, run.title, `it is ${quote(path)}, which is the system's`);
    }
  }
  for (const { path, title, place } of places) {
    if (!isAtOrAbove(runPlace, place)) continue;
    const state = isSame(runPlace, place) ? "is the same directory" : "lies in it";
    return refuse(runDir, run.title, `${quote(path)}, ${title}, ${state}`);
  }
  return undefined;
}

function refuse(path: string, title: string, state: string): TorcxError {
  return new TorcxError("invalid", `Cannot use ${quote(path)} as ${title}: ${state}`, {
    hint: title.startsWith('setting "run_dir"') ? HINT : "Choose a directory of its own",
  });
}

function isSame(one: Place, other: Place): boolean {
  const identity = one.identities.at(-1);
  return one.path === other.path || (identity !== undefined && identity === other.identities.at(-1));
}

function isAtOrAbove(one: Place, other: Place): boolean {
  const identity = one.identities.at(-1);
  // A bind mount shows one directory at two paths.
  return `${other.path}/`.startsWith(`${one.path}/`) ||
    (identity !== undefined && other.identities.includes(identity));
}

/**
 * Follows the symlinks of a path inside the root; of what does not exist yet, those of the nearest
 * directory that does.
 */
function resolve(root: Root, { lookUp, path }: { lookUp: LookUp; path: string }): Place {
  const names: ByteString[] = [];
  const identities: (string | undefined)[] = [];
  const pending = split(encodePath(path));
  for (let symlinks = 0; pending.length > 0;) {
    const name = pending.pop()!;
    if (name === "..") {
      names.pop();
      identities.pop();
      continue;
    }
    const current = `/${[...names, name].join("/")}` as ByteString;
    // Below what is not there nothing is.
    const isBelowNothing = identities.length > 0 && identities.at(-1) === undefined;
    const stat = isBelowNothing ? undefined : lookUp(current);
    if (stat?.type !== "symlink") {
      names.push(name);
      identities.push(stat === undefined ? undefined : `${stat.dev}:${stat.ino}`);
      continue;
    }
    if (++symlinks > SYMLINKS_MAX) {
      throw new TorcxError("invalid", `Cannot follow ${quote(path)}: too many symlinks`);
    }
    const target = root.readLink(current);
    if (target.startsWith("/")) names.length = identities.length = 0;
    pending.push(...split(target));
  }
  return { path: `/${decodePath(names.join("/") as ByteString)}`, identities };
}

/** Returns the components of a path, last first. */
function split(path: ByteString): ByteString[] {
  return path.split("/").filter((name) => name !== "" && name !== ".").reverse() as ByteString[];
}

function identify(root: Root, path: ByteString): string {
  const { dev, ino } = root.stat(path);
  return `${dev}:${ino}`;
}
