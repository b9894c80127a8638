/** Owns `torcx profile remove-image`: removes an image from a user profile. */

import { removeImage } from "../../../catalog/edit.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { printable } from "../../output.ts";
import { getTarget } from "./target.ts";
import { openSystem } from "../../system.ts";

/** The kind of the JSON form. */
const REMOVE_IMAGE_KIND = "torcx-profile-remove-image-v0";

/** Edits the profile. */
export function runProfileRemoveImage(
  options: CommandOptions<"profile remove-image">,
  context: Context,
): number {
  using system = openSystem(options, context);
  const target = getTarget(options, context);
  const { path, removed } = removeImage(system.root, system.settings, context.log, target, options.image);
  if (context.stdout.format === "json") {
    context.stdout.writeJson({
      kind: REMOVE_IMAGE_KIND,
      value: {
        profile_path: path,
        removed: removed.map(({ name, reference, remote }) => ({ name, reference, remote: remote ?? null })),
      },
    });
  } else {
    context.stdout.writeLine(`${printable(path)} no longer lists image ${options.image}`);
  }
  return 0;
}
