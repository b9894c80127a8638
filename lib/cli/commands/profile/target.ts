/** Owns the choice between `--name` and `--file` of the profile verbs. */

import type { ProfileTarget } from "../../../catalog/edit.ts";
import type { ProfileName } from "../../../manifest/names.ts";
import type { Context } from "../../context.ts";
import { locate } from "../../system.ts";

/** The options that name a profile. */
interface TargetOptions {
  root: string;
  name: ProfileName | undefined;
  file: string | undefined;
}

/** Returns the profile that the options name, undefined if they name none. */
export function findTarget(options: TargetOptions, context: Context): ProfileTarget | undefined {
  if (options.file !== undefined) return { file: locate(options.file, context, options) };
  return options.name === undefined ? undefined : { name: options.name };
}

/** Returns the profile that the options name; the table of verbs asks for one of them. */
export function getTarget(options: TargetOptions, context: Context): ProfileTarget {
  return findTarget(options, context)!;
}
