/** Owns the output kind `torcx-why-v0`: where what has a name comes from, or would come from. */

import type { AssetKind } from "../asset_kinds.ts";
import { encodeJson } from "../json.ts";
import type { ReportConflict } from "../report.ts";

/** The kind of what `torcx why` prints. */
export const WHY_KIND = "torcx-why-v0";

/** Something that an image brought, or would bring. */
export interface Origin {
  kind: "image" | AssetKind;
  /** The image's tree, or the link or copy of one of its files. */
  path: string;
  /** The file in the image's tree; null for the image itself. */
  from: string | null;
  /** The image. */
  name: string;
  reference: string | null;
  /** The profile that lists the image; null if the report is gone. */
  profile: string | null;
  archive_path: string | null;
  /** Whether the path is there. */
  is_present: boolean;
  /** The system's file of the same name that takes effect instead; null if there is none. */
  overridden_by: string | null;
}

/** All that torcx brought to the running system, or would bring to the next one. */
export interface Origins {
  /** Who says so: the running system, the report of a run that failed, or the plan of the next boot. */
  source: "running" | "report" | "plan";
  origins: Origin[];
  /** What it did not bring, because something of that name was there. */
  conflicts: ReportConflict[];
}

/** What `torcx why` tells. */
export interface WhyOutput extends Origins {
  /** What was asked for. */
  name: string;
}

/** Returns an answer as JSON. */
export function encodeWhy(value: WhyOutput): string {
  return encodeJson({ kind: WHY_KIND, value });
}
