/** Owns the output kind `torcx-apply-plan-v0`: what an apply would do, step by step. */

import type { Operation } from "../journal.ts";
import { encodeJson } from "../json.ts";
import type { ReportImage } from "../report.ts";

/** The kind of what `torcx apply --dry-run` prints. */
export const APPLY_PLAN_KIND = "torcx-apply-plan-v0";

/** What `torcx apply --dry-run` tells. */
export interface ApplyPlanOutput {
  lower_profiles: string[];
  /** Null if there is none. */
  upper_profile: string | null;
  images: Pick<ReportImage, "name" | "reference" | "profile" | "archive_path" | "format" | "errors">[];
  operations: PlannedOperation[];
}

/** One step; each kind has fields of its own. */
export type PlannedOperation = { kind: Operation["kind"]; path: string } & Record<string, unknown>;

/** Returns a plan as JSON. */
export function encodeApplyPlan(value: ApplyPlanOutput): string {
  return encodeJson({ kind: APPLY_PLAN_KIND, value });
}
