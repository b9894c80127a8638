/**
 * Owns the output kind `torcx-image-list-v0`, field by field as the first torcx wrote it: here alone an
 * archive's path is `filepath`. It refuses to gather.
 */

import { encodeManifest } from "../json.ts";

/** The kind of what `torcx image list` prints. */
export const IMAGE_LIST_KIND = "torcx-image-list-v0";

/** One line of `torcx image list`. */
export interface ImageListEntry {
  name: string;
  reference: string;
  path: string;
}

/** Returns the image list as JSON, sorted by name, then reference. */
export function encodeImageList(entries: readonly ImageListEntry[]): string {
  return encodeManifest(
    IMAGE_LIST_KIND,
    entries.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.reference, b.reference))
      .map(({ name, reference, path }) => ({ name, reference, filepath: path })),
  );
}

/** Compares by code units, whatever the locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
