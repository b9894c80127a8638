/** Owns what `torcx apply` prints as JSON: the report of the run, of the report's kind. */

import { encodeJson } from "../json.ts";
import { type ApplyReport, REPORT_KIND } from "../report.ts";

/** Returns the report as JSON. */
export function encodeApplyOutput(value: ApplyReport): string {
  return encodeJson({ kind: REPORT_KIND, value });
}
