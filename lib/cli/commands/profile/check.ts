/** Owns `torcx profile check`: whether every image of a profile is in a store, and sound if asked. */

import { quote, TorcxError } from "../../../errors.ts";
import { findArchive } from "../../../catalog/archives.ts";
import { explainMissing } from "../../../catalog/missing.ts";
import { type Archive, indexStores } from "../../../catalog/stores.ts";
import { keepWarnings } from "../../../log.ts";
import { formatImage } from "../../../manifest/names.ts";
import { listCountingEntries, type ProfileImage } from "../../../manifest/profile.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { type ChosenProfile, readChosenProfile } from "./target.ts";
import type { System } from "../../../config/system.ts";
import { checkStrictly } from "../../strict.ts";
import { openSystem } from "../../system.ts";

type CheckOptions = CommandOptions<"profile check">;

/**
 * Checks the profile.
 *
 * @throws {TorcxError} `not_found` if an image is in no store; every one is named.
 */
export async function runProfileCheck(options: CheckOptions, outer: Context): Promise<number> {
  const warnings: string[] = [];
  const context = { ...outer, log: keepWarnings(outer.log, warnings) };
  using system = openSystem(options, context);
  const { title, profile } = readChosenProfile(system, context, options);
  if (profile.images.length === 0) context.log.warning(`${title} lists no images`);
  else await checkImages(system, { title, profile }, { options, context });
  if (options.isStrict) checkStrictly(title, warnings);
  if (context.stdout.format === "text" && profile.images.length > 0) {
    context.stdout.writeLine(`${title}: all images are there${options.isDeep ? " and sound" : ""}`);
  }
  return 0;
}

/** Checks that every image is in a store, and its archive sound if asked. */
async function checkImages(
  system: System,
  { title, profile }: Pick<ChosenProfile, "title" | "profile">,
  { options, context }: { options: CheckOptions; context: Context },
): Promise<void> {
  const images = listCountingEntries(profile).filter((image) =>
    image.reference !== "" && (!options.isRemoteOnly || image.remote !== undefined)
  );
  const index = indexStores(
    system,
    options.osRelease === undefined ? {} : { osVersion: options.osRelease },
  );
  const missing: ProfileImage[] = [];
  const archives: Archive[] = [];
  for (const image of images) {
    const archive = findArchive(system, image, { index });
    if (archive === undefined) missing.push(image);
    else archives.push(archive);
  }
  if (missing.length > 0) {
    const { state, hint } = explainMissing(index, missing);
    const names = missing.map((image) => quote(formatImage(image))).join(", ");
    throw new TorcxError(
      "not_found",
      `Cannot use ${title}: ${missing.length} of ${images.length} images are missing: ${names} (${state})`,
      { hint: hint ?? 'Put their archives into a store; "torcx config show" lists the stores' },
    );
  }
  if (!options.isDeep) return;
  const { checkArchives } = await import("./check_deep.ts");
  await checkArchives(system, archives, { title, context });
}
