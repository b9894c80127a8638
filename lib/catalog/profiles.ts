/**
 * Owns the list of profiles on disk (layer over layer), reading one, and reading the selector. It refuses to
 * write (`edit.ts`) and to merge (`merge.ts`).
 */

import { join } from "@std/path/posix/join";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { encodePath } from "../bytes.ts";
import { type ProfileName, toProfileName } from "../manifest/names.ts";
import { EMPTY_PROFILE_TEXT, parseProfile, type Profile } from "../manifest/profile.ts";
import type { System } from "../config/system.ts";
import { type Layer, listProfileDirs } from "../config/search_paths.ts";
import { listRegularFiles } from "./regular_files.ts";

const SUFFIX = ".json";

/** A profile's file. */
export interface ProfileFile {
  name: ProfileName;
  path: string;
  layer: Layer;
}

/**
 * Lists the profiles, sorted by name; a later layer overrides an earlier one.
 *
 * @throws {TorcxError} `failed` if a profile directory or one of its entries is there and cannot be read.
 */
export function listProfiles(system: System): Map<ProfileName, ProfileFile> {
  const { settings, log } = system;
  const found: ProfileFile[] = [];
  for (const { layer, path: directory } of listProfileDirs(settings)) {
    for (const file of listRegularFiles(system, directory, { suffixes: [SUFFIX] })) {
      const name = toProfileName(file.slice(0, -SUFFIX.length));
      if (name === undefined) {
        log.warning(`skipping profile ${quote(join(directory, file))}: its name is not legal`);
      } else found.push({ name, path: join(directory, file), layer });
    }
  }
  // Array.prototype.sort is stable: of one name the latest layer stays last and wins in the map.
  found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return new Map(found.map((file) => [file.name, file]));
}

/**
 * Gets a profile that must exist.
 *
 * @throws {TorcxError} `not_found` if there is none of this name.
 */
export function getProfile(
  profiles: ReadonlyMap<ProfileName, ProfileFile>,
  name: ProfileName,
): ProfileFile {
  const file = profiles.get(name);
  if (file !== undefined) return file;
  const shorter = [...profiles.keys()].find((other) => `${other}${SUFFIX}` === name);
  throw new TorcxError("not_found", `Cannot find profile ${quote(name)}: no profile directory has it`, {
    hint: shorter === undefined
      ? 'List the profiles with "torcx profile list"'
      : `Did you mean ${quote(shorter)}? A profile is named without the ending of its file`,
  });
}

/** Options of {@linkcode readProfile}. */
export interface ReadProfileOptions {
  /** Whether a file without content is a warning (boot) or an error. Default warn. */
  onBlank?: "warn" | "error";
}

/**
 * Reads a profile; what is odd in it is a warning.
 *
 * @throws {TorcxError} `failed` if it cannot be read or parsed; the cause says why.
 */
export function readProfile(
  { root, log }: Pick<System, "root" | "log">,
  file: { name?: ProfileName; path: string },
  { onBlank = "warn" }: ReadProfileOptions = {},
): Profile {
  try {
    const profile = parseProfile(root.readFile(encodePath(file.path)), file.path, log.warning);
    if (!profile.isBlank) return profile;
    const state = `${quote(file.path)} is an empty file`;
    if (onBlank === "error") {
      throw new TorcxError("invalid", state, {
        hint: `Restore what it held, or write a profile without images into it: ${EMPTY_PROFILE_TEXT}`,
      });
    }
    log.warning(`${state}: it counts as a profile without images`);
    return profile;
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    const [code, state] = isErrno(cause, "ENOENT", "ENOTDIR")
      ? ["not_found", "it does not exist"] as const
      : [
        "failed",
        // What is no valid file is explained by a cause that names it.
        cause.code === "syscall" ? `${quote(file.path)} cannot be read` : "it is not a valid profile file",
      ] as const;
    const message = file.name === undefined
      ? `Cannot read profile file ${quote(file.path)}`
      : `Cannot read profile ${quote(file.name)}`;
    throw new TorcxError(code, `${message}: ${state}`, { cause });
  }
}

/**
 * Reads the selector: the name of the next upper profile, blanks trimmed and `.json` dropped, not yet
 * checked; undefined if there is no selector.
 *
 * @throws {TorcxError} if it is there but cannot be read.
 */
export function readSelector({ root, settings }: System): string | undefined {
  const bytes = root.findFile(encodePath(settings.paths.selector));
  if (bytes === undefined) return undefined;
  const text = new TextDecoder().decode(bytes).trim();
  return text.endsWith(SUFFIX) ? text.slice(0, -SUFFIX.length) : text;
}

/** Returns the selector's text for a profile: {@linkcode readSelector} drops one ending, so a name that has it gets it twice. */
export function encodeSelector(name: ProfileName): string {
  return `${name}${name.endsWith(SUFFIX) ? SUFFIX : ""}\n`;
}
