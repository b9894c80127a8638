/** Owns `torcx profile use-image`: adds an image to a user profile, or replaces its reference. */

import { useImage } from "../../../catalog/edit.ts";
import { formatImage } from "../../../manifest/names.ts";
import { encodeUseImage } from "../../../manifest/outputs/profile_use_image.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { printable } from "../../output.ts";
import { getTarget } from "./target.ts";
import { openSystem } from "../../system.ts";

/** Edits the profile. */
export function runProfileUseImage(options: CommandOptions<"profile use-image">, context: Context): number {
  using system = openSystem(options, context);
  const { image } = options;
  const target = getTarget(options, context);
  const { path, changed } = useImage(system, target, {
    image,
    isMissingAllowed: options.allow === "missing",
  });
  if (context.stdout.format === "text") {
    const what = image.reference === "" ? `drops image ${image.name}` : `uses image ${formatImage(image)}`;
    context.stdout.writeLine(`${printable(path)} ${what}`);
  } else context.stdout.writeText(encodeUseImage({ changed, profile_path: path, ...image }));
  return 0;
}
