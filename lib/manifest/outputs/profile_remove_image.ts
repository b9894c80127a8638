/** Owns the output kind `torcx-profile-remove-image-v0`: the entries of a profile that are gone. */

import { encodeJson } from "../json.ts";
import type { ListedImage } from "./profile_image.ts";

/** The kind of what `torcx profile remove-image` prints. */
export const REMOVE_IMAGE_KIND = "torcx-profile-remove-image-v0";

/** What `torcx profile remove-image` did. */
export interface RemoveImageOutput {
  changed: boolean;
  profile_path: string;
  removed: ListedImage[];
}

/** Returns what was done as JSON. */
export function encodeRemoveImage(value: RemoveImageOutput): string {
  return encodeJson({ kind: REMOVE_IMAGE_KIND, value });
}
