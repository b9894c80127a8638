/** Owns how two profiles differ. It is pure. */

import type { ImageName } from "../manifest/names.ts";
import { listCountingEntries, type Profile, type ProfileImage } from "../manifest/profile.ts";

/** An image that both profiles list, with what differs. */
export interface ProfileChange {
  name: ImageName;
  before: ProfileImage;
  after: ProfileImage;
}

/** What leads from one profile to another. */
export interface ProfileDiff {
  added: ProfileImage[];
  removed: ProfileImage[];
  changed: ProfileChange[];
  /** The images that both list come in another order. */
  isReordered: boolean;
}

/** Compares two profiles; of an image that a profile lists twice, the last entry counts. */
export function diffProfiles(before: Profile, after: Profile): ProfileDiff {
  const left = indexImages(before);
  const right = indexImages(after);
  const isSame = (a: ProfileImage, b: ProfileImage): boolean =>
    a.reference === b.reference && a.remote === b.remote;
  const common = [...left.keys()].filter((name) => right.has(name));
  const changed = common.map((name) => ({ name, before: left.get(name)!, after: right.get(name)! }));
  const afterOrder = [...right.keys()].filter((name) => left.has(name));
  return {
    added: [...right.values()].filter(({ name }) => !left.has(name)),
    removed: [...left.values()].filter(({ name }) => !right.has(name)),
    changed: changed.filter((change) => !isSame(change.before, change.after)),
    isReordered: common.some((name, index) => name !== afterOrder[index]),
  };
}

function indexImages(profile: Profile): Map<ImageName, ProfileImage> {
  return new Map(listCountingEntries(profile).map((image) => [image.name, image]));
}
