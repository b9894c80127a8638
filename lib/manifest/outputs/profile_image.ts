/** Owns how an image that a profile lists is written in outputs. */

import type { ProfileImage } from "../profile.ts";

/** An image as a profile lists it. */
export interface ListedImage {
  name: string;
  /** Empty: drops the image that a lower profile brings. */
  reference: string;
  remote: string | null;
}

/** Returns an image as outputs have it. */
export function toListedImage({ name, reference, remote }: ProfileImage): ListedImage {
  return { name, reference, remote: remote ?? null };
}
