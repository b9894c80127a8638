/** Owns `torcx profile diff`: in which images two profiles differ. */

import { diffProfiles, type ProfileDiff } from "../../../catalog/diff.ts";
import { getProfile, listProfiles, readProfile } from "../../../catalog/profiles.ts";
import { formatImage, type ProfileName } from "../../../manifest/names.ts";
import { encodeProfileDiff } from "../../../manifest/outputs/profile_diff.ts";
import { toListedImage } from "../../../manifest/outputs/profile_image.ts";
import type { Profile, ProfileImage } from "../../../manifest/profile.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { type Output, printable } from "../../output.ts";
import { openSystem } from "../../system.ts";

/** Compares two profiles. */
export function runProfileDiff(options: CommandOptions<"profile diff">, context: Context): number {
  using system = openSystem(options, context);
  const profiles = listProfiles(system);
  const read = (name: ProfileName): Profile =>
    readProfile(system, getProfile(profiles, name), { onBlank: "error" });
  const diff = diffProfiles(read(options.before), read(options.after));
  if (context.stdout.format === "json") {
    context.stdout.writeText(encodeProfileDiff({
      before: options.before,
      after: options.after,
      added: diff.added.map(toListedImage),
      removed: diff.removed.map(toListedImage),
      changed: diff.changed.map(({ name, before, after }) => ({
        name,
        before: toListedImage(before),
        after: toListedImage(after),
      })),
      is_reordered: diff.isReordered,
    }));
  } else writeDiff(context.stdout, diff);
  return 0;
}

function format(image: ProfileImage): string {
  const remote = image.remote === undefined ? "" : ` (remote ${printable(image.remote)})`;
  return image.reference === "" ? `${image.name} (dropped)` : `${formatImage(image)}${remote}`;
}

function writeDiff(out: Output, diff: ProfileDiff): void {
  for (const image of diff.removed) out.writeLine(out.style("red", `- ${format(image)}`));
  for (const { before, after } of diff.changed) {
    out.writeLine(out.style("yellow", `~ ${format(before)} -> ${format(after)}`));
  }
  for (const image of diff.added) out.writeLine(out.style("green", `+ ${format(image)}`));
  if (diff.isReordered) out.writeLine("the images that both list come in another order");
}
