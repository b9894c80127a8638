/** Owns the choice between `--name`, `--file` and neither of the profile verbs. */

import { getNextProfile } from "../../../catalog/boot_profiles.ts";
import type { ProfileTarget } from "../../../catalog/edit.ts";
import { getProfile, listProfiles, readProfile } from "../../../catalog/profiles.ts";
import type { System } from "../../../config/system.ts";
import { quote } from "../../../errors.ts";
import type { ProfileName } from "../../../manifest/names.ts";
import type { Profile } from "../../../manifest/profile.ts";
import type { Context } from "../../context.ts";
import { locate } from "../../system.ts";

/** The options that name a profile. */
interface TargetOptions {
  root: string;
  name: ProfileName | undefined;
  file: string | undefined;
}

/** Returns the profile that the options name, undefined if they name none. */
function findTarget(options: TargetOptions, context: Context): ProfileTarget | undefined {
  if (options.file !== undefined) return { file: locate(options.file, context, options) };
  return options.name === undefined ? undefined : { name: options.name };
}

/** Returns the profile that the options name; the table of verbs asks for one of them. */
export function getTarget(options: TargetOptions, context: Context): ProfileTarget {
  return findTarget(options, context)!;
}

/** A profile that a verb works on. */
export interface ChosenProfile {
  /** For messages, e.g. `profile "edge"`. */
  title: string;
  /** Undefined for one that is named by its file. */
  name: ProfileName | undefined;
  path: string;
  profile: Profile;
}

/**
 * Reads the profile that the options name, or the next one.
 *
 * @throws {TorcxError} `not_found` if there is none, `failed` if it cannot be read.
 */
export function readChosenProfile(system: System, context: Context, options: TargetOptions): ChosenProfile {
  const target = findTarget(options, context);
  if (target !== undefined && "file" in target) {
    const { file: path } = target;
    return {
      title: `profile ${quote(path)}`,
      name: undefined,
      path,
      profile: readProfile(system, { path }, { onBlank: "error" }),
    };
  }
  const profiles = listProfiles(system);
  const name = target?.name ?? getNextProfile(system, profiles);
  const file = getProfile(profiles, name);
  return {
    title: `profile ${quote(name)}`,
    name,
    path: file.path,
    profile: readProfile(system, file, { onBlank: "error" }),
  };
}
