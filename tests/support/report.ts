/** A report of success with no images, for tests; a case says what is different. */

import type { ApplyReport, ReportAsset } from "../../lib/manifest/report.ts";

/** Makes a report. */
export function makeReport(fields: Partial<ApplyReport> = {}): ApplyReport {
  return {
    version: "0.1.0",
    mode: "manual",
    outcome: "sealed",
    lower_profiles: [],
    upper_profile: null,
    upper_profile_fault: null,
    started_at: "2026-01-01T00:00:00.000Z",
    duration_ms: 12,
    phases: [],
    unpack_device: null,
    unpack_inode: null,
    made_directories: [],
    unpack_files: null,
    images: [],
    assets: [],
    conflicts: [],
    warnings: [],
    findings: [],
    steps: [],
    errors: [],
    hints: [],
    ...fields,
  };
}

/** Makes an asset of image `a` that was copied to its place. */
export function makeReportAsset(
  kind: ReportAsset["kind"],
  to: string,
  fields: Partial<ReportAsset> = {},
): ReportAsset {
  return {
    image: "a",
    kind,
    from: `/run/torcx/unpack/a${to}`,
    to,
    link_text: null,
    mode: "0644",
    is_directory: false,
    digest: null,
    raw_names: null,
    ...fields,
  };
}
