/**
 * Owns the remotes' configurations on disk: which layer's counts, and one read. It refuses the network and
 * keys.
 */

import { dirname } from "@std/path/posix/dirname";
import { join } from "@std/path/posix/join";
import { resolve } from "@std/path/posix/resolve";
import { decodePath, encodePath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { findEntries } from "./regular_files.ts";
import { type Layer, listRemoteDirs } from "../config/search_paths.ts";
import type { System } from "../config/system.ts";
import { parseRemoteManifest } from "../manifest/remote.ts";

/** Where a remote is configured. */
export interface RemoteFilePlace {
  name: string;
  layer: Layer;
  /** Of its `remote.json`. */
  path: string;
}

/** A remote as it is configured. */
export interface Remote extends RemoteFilePlace {
  /** With variables not expanded yet. */
  baseUrl: string;
  /** The absolute paths of its keyrings. */
  keyrings: string[];
  minisignKeys: string[];
}

const FILE = "remote.json";
/** A name is one directory; control characters would break what is printed of it. */
// deno-lint-ignore no-control-regex
const NAME = /^(?!\.{1,2}$)[^/\x00-\x1f\x7f]{1,255}$/;

/**
 * Lists the remotes that are configured, sorted by name; a later layer overrides an earlier one.
 *
 * @throws {TorcxError} `failed` if a directory of remotes is there and cannot be read.
 */
export function listRemotes(system: System): RemoteFilePlace[] {
  const places = new Map<string, RemoteFilePlace>();
  for (const { layer, path } of listRemoteDirs(system.settings)) {
    for (const entry of findEntries(system, path) ?? []) {
      const name = decodePath(entry.name);
      const file = join(path, name, FILE);
      if (NAME.test(name) && isThere(system, file)) places.set(name, { name, layer, path: file });
    }
  }
  return [...places.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

function isThere({ root }: System, path: string): boolean {
  try {
    return root.findStat(encodePath(path)) !== undefined;
  } catch (cause) {
    // What cannot be looked up is told when it is read.
    if (cause instanceof TorcxError) return true;
    throw cause;
  }
}

/**
 * Reads a remote's configuration.
 *
 * @throws {TorcxError} `not_found` if there is none of this name, `failed` if it cannot be read, `invalid` if it
 *   has a wrong shape.
 */
export function readRemote(system: System, name: string): Remote {
  const { settings, log } = system;
  const attempt = `Cannot use remote ${quote(name)}`;
  if (!NAME.test(name)) throw new TorcxError("invalid", `${attempt}: that is no legal name`);
  for (const { layer, path: directory } of listRemoteDirs(settings).toReversed()) {
    const path = join(directory, name, FILE);
    const data = findFile(system, { path, attempt });
    if (data === undefined) continue;
    const manifest = parseRemoteManifest(data, path, log.warning);
    const keyrings = manifest.keyrings
      .map((file) => resolve(dirname(path), file));
    return {
      name,
      layer,
      path,
      baseUrl: manifest.baseUrl,
      keyrings,
      minisignKeys: manifest.minisignKeys,
    };
  }
  throw new TorcxError("not_found", `${attempt}: no directory of remotes has it`, {
    hint: 'List the remotes with "torcx remote list"',
  });
}

function findFile(
  { root }: Pick<System, "root">,
  { path, attempt }: { path: string; attempt: string },
): Uint8Array<ArrayBuffer> | undefined {
  try {
    return root.readFile(encodePath(path));
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return undefined;
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", `${attempt}: ${quote(path)} cannot be read`, { cause });
  }
}
