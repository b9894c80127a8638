/** Owns `torcx profile show`: a profile's images and the archives that they would get. */

import { findArchive } from "../../../catalog/archives.ts";
import { getProfile, listProfiles, readProfile } from "../../../catalog/profiles.ts";
import { indexStores } from "../../../catalog/stores.ts";
import { listCountingEntries } from "../../../manifest/profile.ts";
import { toListedImage } from "../../../manifest/outputs/profile_image.ts";
import { encodeProfileOutput } from "../../../manifest/outputs/profile_show.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { printable } from "../../output.ts";
import { openSystem } from "../../system.ts";

/** Shows the profile. */
export function runProfileShow(options: CommandOptions<"profile show">, context: Context): number {
  using system = openSystem(options, context);
  const { stdout } = context;
  const file = getProfile(listProfiles(system), options.name);
  const profile = readProfile(system, file, { onBlank: "error" });
  const index = indexStores(system);
  const counting = listCountingEntries(profile);
  const images = profile.images.map((image) => ({
    ...image,
    archive: findArchive(system, image, { index }),
    doesCount: counting.includes(image),
  }));
  if (stdout.format === "json") {
    stdout.writeText(encodeProfileOutput({
      name: file.name,
      layer: file.layer,
      profile_path: file.path,
      manifest_kind: profile.kind,
      images: images.map(({ archive, doesCount: _, ...image }) => ({
        ...toListedImage(image),
        archive_path: archive?.path ?? null,
        format: archive?.format ?? null,
      })),
    }));
    return 0;
  }
  stdout.writeLine(`Profile: ${file.name} (${file.layer}), ${profile.kind}`);
  stdout.writeLine(`File:    ${printable(file.path)}`);
  if (images.length === 0) stdout.writeLine("Images:  none");
  stdout.writeTable(
    ["IMAGE", "REFERENCE", "REMOTE", "ARCHIVE"],
    images.map(({ name, reference, remote, archive, doesCount }) => [
      name,
      reference === "" ? { text: "(dropped)", style: "dim" } : reference,
      remote ?? "-",
      !doesCount
        ? { text: "(a later entry counts)", style: "dim" }
        : reference === ""
        ? "-"
        : archive?.path ?? { text: "missing", style: "red" },
    ]),
  );
  return 0;
}
