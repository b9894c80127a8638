/** Owns `torcx profile check`: whether every image of a profile is in a store, and sound if asked. */

import { quote, TorcxError } from "../../../errors.ts";
import { explainMissing } from "../../../catalog/missing.ts";
import { type Archive, indexStores } from "../../../catalog/stores.ts";
import type { Inspection } from "../../../image/inspect.ts";
import { formatImage } from "../../../manifest/names.ts";
import { listCountingEntries, type ProfileImage } from "../../../manifest/profile.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { makePreviewSurroundings } from "../../rehearsal.ts";
import { readChosenProfile } from "./target.ts";
import type { System } from "../../../config/system.ts";
import { openSystem } from "../../system.ts";

type CheckOptions = CommandOptions<"profile check">;

/**
 * Checks the profile.
 *
 * @throws {TorcxError} `not_found` if an image is in no store; every one is named.
 */
export async function runProfileCheck(options: CheckOptions, context: Context): Promise<number> {
  using system = openSystem(options, context);
  const { log, stdout } = context;
  const { title, profile } = readChosenProfile(system, context, options);
  if (profile.images.length === 0) {
    log.warning(`${title} lists no images`);
    return 0;
  }
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
    const archive = index.find(image);
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
  if (options.isDeep) await checkArchives(system, archives, { title, context });
  if (stdout.format === "text") {
    stdout.writeLine(`${title}: all images are there${options.isDeep ? " and sound" : ""}`);
  }
  return 0;
}

/** Reads the archives to their end; every one that is not sound is named. */
async function checkArchives(
  { root, settings, log }: System,
  archives: readonly Archive[],
  { title, context }: { title: string; context: Context },
): Promise<void> {
  const { inspectImages } = await import("../../../image/inspect.ts");
  const { prepareArchives } = await import("../../../apply/squashfs_support.ts");
  await prepareArchives(archives, log);
  const { inspections } = await inspectImages(root, archives, {
    ...makePreviewSurroundings(context),
    bootInodes: settings.unpackInodes,
    onWarning: (message) => log.warning(message),
    onDebug: (message) => log.debug(message),
  });
  const names: string[] = [];
  const errors: TorcxError[] = [];
  for (const [archive, inspection] of inspections) {
    const image = quote(formatImage(archive));
    if (!(inspection instanceof TorcxError)) {
      for (const warning of inspection.assets?.warnings ?? []) log.warning(`image ${image}: ${warning}`);
    }
    const error = findFault(archive, inspection);
    if (error === undefined) continue;
    names.push(image);
    errors.push(error);
  }
  if (errors.length === 0) return;
  throw new TorcxError(
    "failed",
    `Cannot use ${title}: ${names.length} of ${archives.length} archives are not sound: ${names.join(", ")}`,
    { cause: errors.length === 1 ? errors[0] : new AggregateError(errors, "Each for its own reason") },
  );
}

/** Returns what is wrong with an archive; of a squashfs also what the boot would not meet. */
function findFault(archive: Archive, inspection: Inspection | TorcxError): TorcxError | undefined {
  if (inspection instanceof TorcxError) return inspection;
  const cause = inspection.assetFault ?? inspection.damage;
  if (cause === undefined) return undefined;
  return new TorcxError(
    "failed",
    `Cannot use image ${quote(formatImage(archive))} from ${quote(archive.path)}`,
    { cause },
  );
}
