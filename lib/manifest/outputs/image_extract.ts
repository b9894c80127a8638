/** Owns the output kind `torcx-image-extract-v0`: what was unpacked, and from where to where. */

import { encodeJson } from "../json.ts";
import type { ReportEntries, ReportFinding } from "../report.ts";

/** The kind of what `torcx image extract` prints. */
export const IMAGE_EXTRACT_KIND = "torcx-image-extract-v0";

/** What `torcx image extract` did. */
export interface ImageExtractOutput {
  changed: boolean;
  archive_path: string;
  directory: string;
  compressed_bytes: number;
  unpacked_bytes: number;
  entries: ReportEntries;
  warnings: string[];
  findings: ReportFinding[];
  duration_ms: number;
}

/** Returns what was done as JSON. */
export function encodeImageExtract(value: ImageExtractOutput): string {
  return encodeJson({ kind: IMAGE_EXTRACT_KIND, value });
}
