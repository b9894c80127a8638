/** Owns the output kind `torcx-profile-new-v0`: the profile that was made. */

import { encodeJson } from "../json.ts";

/** The kind of what `torcx profile new` prints. */
export const PROFILE_NEW_KIND = "torcx-profile-new-v0";

/** What `torcx profile new` did. */
export interface ProfileNewOutput {
  /** False if a file is there that holds the same already. */
  changed: boolean;
  profile_path: string;
}

/** Returns what was done as JSON. */
export function encodeProfileNew(value: ProfileNewOutput): string {
  return encodeJson({ kind: PROFILE_NEW_KIND, value });
}
