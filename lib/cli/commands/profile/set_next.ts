/** Owns `torcx profile set-next`: selects the profile of the next boot. */

import { setNextProfile } from "../../../catalog/edit.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { openSystem } from "../../system.ts";

/** Selects the profile. */
export function runProfileSetNext(options: CommandOptions<"profile set-next">, context: Context): number {
  using system = openSystem(options, context);
  setNextProfile(system.root, system.settings, context.log, options.name);
  if (context.stdout.format === "text") {
    context.stdout.writeLine(`profile ${options.name} takes effect at the next boot`);
  }
  return 0;
}
