/** Owns `torcx profile remove-image`: removes an image from a user profile. */

import { removeImage } from "../../../catalog/edit.ts";
import { toListedImage } from "../../../manifest/outputs/profile_image.ts";
import { encodeRemoveImage } from "../../../manifest/outputs/profile_remove_image.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { printable } from "../../output.ts";
import { getTarget } from "./target.ts";
import { openSystem } from "../../system.ts";

/** Edits the profile. */
export function runProfileRemoveImage(
  options: CommandOptions<"profile remove-image">,
  context: Context,
): number {
  using system = openSystem(options, context);
  const target = getTarget(options, context);
  const { path, changed, removed } = removeImage(
    system,
    target,
    { name: options.image },
  );
  if (context.stdout.format === "json") {
    context.stdout.writeText(
      encodeRemoveImage({ changed, profile_path: path, removed: removed.map(toListedImage) }),
    );
  } else {
    context.stdout.writeLine(`${printable(path)} no longer lists image ${options.image}`);
  }
  return 0;
}
