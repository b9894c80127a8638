/** Owns the output kind `torcx-profile-set-next-v0`: the profile that the next boot takes. */

import { encodeJson } from "../json.ts";

/** The kind of what `torcx profile set-next` prints. */
export const SET_NEXT_KIND = "torcx-profile-set-next-v0";

/** What `torcx profile set-next` did. */
export interface SetNextOutput {
  /** False if the selector names the profile already. */
  changed: boolean;
  selector_path: string;
  next_profile_name: string;
}

/** Returns what was done as JSON. */
export function encodeSetNext(value: SetNextOutput): string {
  return encodeJson({ kind: SET_NEXT_KIND, value });
}
