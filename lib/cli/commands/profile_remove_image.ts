/** Owns `torcx profile remove-image`: removes an image from a user profile. */

import { removeImage } from "../../catalog/edit.ts";
import type { Context } from "../context.ts";
import type { CommandOptions } from "../options.ts";
import { printable } from "../output.ts";
import { getTarget } from "../profile_target.ts";
import { openSystem } from "../system.ts";

/** Edits the profile. */
export function runProfileRemoveImage(
  options: CommandOptions<"profile remove-image">,
  context: Context,
): number {
  using system = openSystem(options, context);
  const target = getTarget(options, context);
  const path = removeImage(system.root, system.settings, context.log, target, options.image);
  if (context.stdout.format === "text") {
    context.stdout.writeLine(`${printable(path)} no longer lists image ${options.image}`);
  }
  return 0;
}
