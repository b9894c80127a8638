/** Owns the merge of profiles into one list of images. It is pure: text, disk and logs are refused. */

import type { ProfileName } from "../manifest/names.ts";
import type { Profile, ProfileImage } from "../manifest/profile.ts";

/** An image of the merged list and the profile that it comes from. */
export interface MergedImage extends ProfileImage {
  profile: ProfileName;
}

/**
 * Merges profiles, lowest first. An image of a later profile replaces the earlier one of the same
 * name and moves to the later profile's place; an empty reference removes it; the order is
 * otherwise kept. The same holds for an image that one profile lists twice.
 */
export function mergeProfiles(list: readonly { name: ProfileName; profile: Profile }[]): MergedImage[] {
  // A Map keeps the order in which keys were added; a deleted key that returns comes last.
  const merged = new Map<string, MergedImage>();
  for (const { name, profile } of list) {
    for (const image of profile.images) {
      merged.delete(image.name);
      if (image.reference !== "") merged.set(image.name, { ...image, profile: name });
    }
  }
  return [...merged.values()];
}
