/**
 * Owns the output kinds `torcx-profile-list-v0` and `torcx-image-list-v0`, field by field as the
 * first torcx wrote them. It refuses to gather: the commands hand in what they found.
 */

import { encodeManifest } from "./json.ts";

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

/** One line of `torcx image list`. */
export interface ImageListEntry {
  name: string;
  reference: string;
  path: string;
}

/** Returns the profile list as JSON, profiles sorted. */
export function encodeProfileList(list: ProfileList): string {
  return encodeManifest("torcx-profile-list-v0", {
    lower_profile_names: list.lowerProfileNames,
    user_profile_name: list.userProfileName ?? null,
    current_profile_path: list.currentProfilePath ?? null,
    next_profile_name: list.nextProfileName ?? null,
    profiles: list.profiles.toSorted(compareText),
  });
}

/** Returns the image list as JSON, sorted by name, then reference. */
export function encodeImageList(entries: readonly ImageListEntry[]): string {
  return encodeManifest(
    "torcx-image-list-v0",
    entries.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.reference, b.reference))
      .map(({ name, reference, path }) => ({ name, reference, filepath: path })),
  );
}

/** Compares by code units, whatever the locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
