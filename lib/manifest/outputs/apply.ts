/** Owns what `torcx apply` prints as JSON: the report of the run, of the report's kind. */

import { encodeJson } from "../json.ts";
import { type ApplyReport, REPORT_KIND } from "../report.ts";

/** What `torcx apply` did. */
export interface ApplyOutput extends ApplyReport {
  /** False if an earlier run of this boot had done it all. */
  changed: boolean;
}

/** Returns the report as JSON. */
export function encodeApplyOutput(value: ApplyOutput): string {
  return encodeJson({ kind: REPORT_KIND, value });
}
