/**
 * Owns the output kind `torcx-profile-list-v0`, field by field as the first torcx wrote it. It refuses to
 * gather.
 */

import { encodeManifest } from "../json.ts";

/** The kind of what `torcx profile list` prints. */
export const PROFILE_LIST_KIND = "torcx-profile-list-v0";

/** What `torcx profile list` tells. */
export interface ProfileList {
  lowerProfileNames: readonly string[];
  /** The upper profile of the running system. */
  userProfileName: string | undefined;
  /** The run profile of the running system. */
  currentProfilePath: string | undefined;
  nextProfileName: string | undefined;
  profiles: readonly string[];
}

/** Returns the profile list as JSON, profiles sorted. */
export function encodeProfileList(list: ProfileList): string {
  return encodeManifest(PROFILE_LIST_KIND, {
    lower_profile_names: list.lowerProfileNames,
    user_profile_name: list.userProfileName ?? null,
    current_profile_path: list.currentProfilePath ?? null,
    next_profile_name: list.nextProfileName ?? null,
    profiles: list.profiles.toSorted(),
  });
}
