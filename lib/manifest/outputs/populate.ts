/** Owns the output kind `torcx-populate-v0`: what became of each image that a profile gets from a remote. */

import { encodeJson } from "../json.ts";

/** The kind of what `torcx profile populate` prints. */
export const POPULATE_KIND = "torcx-populate-v0";

/** What became of an image. */
export interface PopulatedImageOutput {
  name: string;
  reference: string;
  remote: string;
  result: "present" | "verified" | "differs" | "fetched" | "missing" | "failed";
  /** Where it comes from; null where no remote was asked. */
  source_url: string | null;
  /** Null where it is nowhere. */
  archive_path: string | null;
  /** Its size, where it was fetched. */
  bytes: number | null;
  /** `ALGORITHM-HEX`, as the remote says it. */
  digest: string | null;
  signed_by: string | null;
  /** ISO 8601. */
  signed_at: string | null;
  duration_ms: number | null;
  error: string | null;
}

/** What `torcx profile populate` did, or would do. */
export interface PopulateOutput {
  /** Whether an archive was written. */
  changed: boolean;
  dry_run: boolean;
  profile_name: string | null;
  profile_path: string;
  /** Where archives are written. */
  store_path: string;
  images: PopulatedImageOutput[];
}

/** Returns what was done as JSON. */
export function encodePopulate(value: PopulateOutput): string {
  return encodeJson({ kind: POPULATE_KIND, value });
}
