/** Owns the output kind `torcx-profile-diff-v0`: in which images two profiles differ. */

import { encodeJson } from "../json.ts";
import type { ListedImage } from "./profile_image.ts";

/** The kind of what `torcx profile diff` prints. */
export const PROFILE_DIFF_KIND = "torcx-profile-diff-v0";

/** What `torcx profile diff` tells. */
export interface ProfileDiffOutput {
  before: string;
  after: string;
  added: ListedImage[];
  removed: ListedImage[];
  changed: { name: string; before: ListedImage; after: ListedImage }[];
  is_reordered: boolean;
}

/** Returns a difference as JSON. */
export function encodeProfileDiff(value: ProfileDiffOutput): string {
  return encodeJson({ kind: PROFILE_DIFF_KIND, value });
}
