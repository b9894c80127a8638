/** Owns the output kind `torcx-plan-v0`: what the next boot would do, and whether it would succeed. */

import { encodeJson } from "../json.ts";
import type { ReportAsset, ReportConflict, ReportFinding, ReportImage, ReportPlace } from "../report.ts";

/** The kind of what `torcx plan` prints. */
export const PLAN_KIND = "torcx-plan-v0";

/** What `torcx plan` tells. */
export interface PlanOutput {
  would_succeed: boolean;
  os_version: string | null;
  lower_profiles: string[];
  /** Null if there is none. */
  upper_profile: string | null;
  upper_profile_fault: string | null;
  switched_off_by: string | null;
  images: PlannedImageOutput[];
  assets: ReportAsset[];
  conflicts: ReportConflict[];
  overrides: PlannedOverride[];
  warnings: string[];
  findings: ReportFinding[];
  notes: string[];
  memory_bytes: number;
  memory_limit_bytes: number | null;
  /** What the apply itself takes at most. */
  process_memory_bytes: number;
  /** Both together. */
  boot_memory_bytes: number;
  machine_memory_bytes: number | null;
  inodes: number | null;
  inodes_limit: number | null;
}

/** One image of the next boot. */
export interface PlannedImageOutput extends
  Pick<
    ReportImage,
    "name" | "reference" | "profile" | "archive_path" | "format" | "compressed_bytes" | "errors"
  > {
  layer: string | null;
  reason: string | null;
  shadowed: string[];
  memory_bytes: number | null;
}

/** An asset and a file of the system of the same name. */
export interface PlannedOverride extends ReportPlace {
  path: string;
  /** Whose file takes effect. */
  effective: "system" | "image";
}

/** Returns a preview as JSON. */
export function encodePlan(value: PlanOutput): string {
  return encodeJson({ kind: PLAN_KIND, value });
}
