/** Owns the output kind `torcx-profile-v0`: a profile, and the archives that its images would get. */

import { encodeJson } from "../json.ts";
import type { ListedImage } from "./profile_image.ts";

/** The kind of what `torcx profile show` prints. */
export const PROFILE_KIND = "torcx-profile-v0";

/** What `torcx profile show` tells. */
export interface ProfileOutput {
  name: string;
  layer: string;
  profile_path: string;
  manifest_kind: string;
  images: ShownImage[];
}

/** An image with the archive that it would get; null where no store has it. */
export interface ShownImage extends ListedImage {
  archive_path: string | null;
  format: "tgz" | "squashfs" | null;
}

/** Returns a profile as JSON. */
export function encodeProfileOutput(value: ProfileOutput): string {
  return encodeJson({ kind: PROFILE_KIND, value });
}
