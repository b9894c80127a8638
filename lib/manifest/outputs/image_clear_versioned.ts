/** Owns the output kind `torcx-image-clear-versioned-v0`: what of the versioned stores is gone, or would be. */

import { encodeJson } from "../json.ts";
import type { RemovalsOutput } from "./image_removals.ts";

/** The kind of what `torcx image clear-versioned` prints. */
export const CLEAR_VERSIONED_KIND = "torcx-image-clear-versioned-v0";

/** One thing that is gone, or would be. */
export interface ClearedItem {
  type: string;
  /** The OS version whose store it is or lies in. */
  version: string;
  /** The image of an archive; null where it is none. */
  name: string | null;
  reference: string | null;
  path: string;
  /** The path again of an archive; null where it is none. */
  archive_path: string | null;
  bytes: number;
  reason: string;
}

/** What `torcx image clear-versioned` did, or would do. */
export interface ClearVersionedOutput extends RemovalsOutput {
  removals: ClearedItem[];
}

/** Returns what was done as JSON. */
export function encodeClearVersioned(value: ClearVersionedOutput): string {
  return encodeJson({ kind: CLEAR_VERSIONED_KIND, value });
}
