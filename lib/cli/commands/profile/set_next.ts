/** Owns `torcx profile set-next`: selects the profile of the next boot. */

import { setNextProfile } from "../../../catalog/edit.ts";
import { encodeSetNext } from "../../../manifest/outputs/profile_set_next.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { openSystem } from "../../system.ts";

/** Selects the profile. */
export function runProfileSetNext(options: CommandOptions<"profile set-next">, context: Context): number {
  using system = openSystem(options, context);
  const { settings } = system;
  const changed = setNextProfile(system, options.name);
  if (context.stdout.format === "text") {
    context.stdout.writeLine(`profile ${options.name} takes effect at the next boot`);
  } else {
    context.stdout.writeText(encodeSetNext({
      changed,
      selector_path: settings.paths.selector,
      next_profile_name: options.name,
    }));
  }
  return 0;
}
