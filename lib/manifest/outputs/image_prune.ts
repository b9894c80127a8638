/** Owns the output kind `torcx-image-prune-v0`: the archives that are gone, or would be. */

import { encodeJson } from "../json.ts";
import type { RemovalsOutput } from "./image_removals.ts";

/** The kind of what `torcx image prune` prints. */
export const IMAGE_PRUNE_KIND = "torcx-image-prune-v0";

/** What `torcx image prune` did, or would do. */
export interface ImagePruneOutput extends RemovalsOutput {
  removals: { name: string; reference: string; archive_path: string; bytes: number; reason: string }[];
  /** Versioned directories in which nothing is left. */
  directories: string[];
}

/** Returns what was done as JSON. */
export function encodeImagePrune(value: ImagePruneOutput): string {
  return encodeJson({ kind: IMAGE_PRUNE_KIND, value });
}
