/** Owns the output kind `torcx-profile-use-image-v0`: the image that a profile lists now. */

import { encodeJson } from "../json.ts";

/** The kind of what `torcx profile use-image` prints. */
export const USE_IMAGE_KIND = "torcx-profile-use-image-v0";

/** What `torcx profile use-image` did. */
export interface UseImageOutput {
  /** False if the profile lists it with this reference already. */
  changed: boolean;
  profile_path: string;
  name: string;
  /** Empty: drops the image that a lower profile brings. */
  reference: string;
}

/** Returns what was done as JSON. */
export function encodeUseImage(value: UseImageOutput): string {
  return encodeJson({ kind: USE_IMAGE_KIND, value });
}
