/** Owns the output kind `torcx-apply-plan-v0`: what an apply would do, step by step. */

import { type ByteString, decodePath } from "../../bytes.ts";
import { listFields, type Operation } from "../journal.ts";
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

/** Fields whose names differ in outputs. */
const OUTPUT_NAMES: Readonly<Record<string, string>> = { isOptional: "is_optional", archive: "archive_path" };

/** Returns an operation as a step of the plan: paths are texts. */
export function toPlannedOperation(operation: Operation): PlannedOperation {
  const values = operation as unknown as Record<string, unknown>;
  const fields = listFields(operation.kind).map(([field, type]): [string, unknown] => {
    const value = values[field];
    const isBytes = type === "path" || type === "bytes";
    return [OUTPUT_NAMES[field] ?? field, isBytes ? decodePath(value as ByteString) : value];
  });
  return { kind: operation.kind, ...Object.fromEntries(fields), path: decodePath(operation.path) };
}

/** Returns a plan as JSON. */
export function encodeApplyPlan(value: ApplyPlanOutput): string {
  return encodeJson({ kind: APPLY_PLAN_KIND, value });
}
