/**
 * Owns the kind `torcx-apply-report-v0`, the file RUN/`report.json`: what an apply did, how long it
 * took and why it failed. It refuses disk access. Callers: apply writes it; `torcx status` and
 * `torcx why` read it.
 */

import { encodeManifest, type JsonValue, parseManifest } from "./json.ts";
import type { AssetKind } from "./image.ts";

/** The kind of the report. */
export const REPORT_KIND = "torcx-apply-report-v0";

/** How torcx came to run: in the generator, in torcx.service, or called by a person. */
export type ApplyMode = "in-place" | "hand-off" | "manual";

/** A part of the apply with its duration. */
export interface ReportPhase {
  name: string;
  duration_ms: number;
}

/** How many entries an archive had. */
export interface ReportEntries {
  files: number;
  directories: number;
  symlinks: number;
  hardlinks: number;
  fifos: number;
  skipped: number;
}

/** One image of the applied profile. */
export interface ReportImage {
  name: string;
  reference: string;
  /** The profile that it comes from. */
  profile: string;
  archive_path: string | null;
  format: "tgz" | "squashfs" | null;
  /** Size of the archive. */
  compressed_bytes: number | null;
  /** Bytes of file content unpacked into the tmpfs; null for a mounted image. */
  unpacked_bytes: number | null;
  entries: ReportEntries | null;
  duration_ms: number | null;
  /** Messages, outermost first, if this image failed. */
  errors: string[];
}

/** One propagated file. */
export interface ReportAsset {
  image: string;
  kind: AssetKind;
  /** Path below the unpack dir. */
  from: string;
  /** Path of the link or copy. */
  to: string;
}

/** A file that was not propagated because another one had its place. */
export interface ReportConflict extends ReportAsset {
  /** Who has the place: `image NAME`, or `the system`. */
  kept: string;
}

/** One step after the seal, such as `systemctl daemon-reload`. */
export interface ReportStep {
  command: string;
  duration_ms: number;
  /** Null if it worked. */
  error: string | null;
}

/** The report. */
export interface ApplyReport {
  /** torcx's version. */
  version: string;
  mode: ApplyMode;
  outcome: "sealed" | "failed";
  lower_profiles: string[];
  upper_profile: string;
  /** ISO 8601, UTC. */
  started_at: string;
  duration_ms: number;
  phases: ReportPhase[];
  images: ReportImage[];
  assets: ReportAsset[];
  conflicts: ReportConflict[];
  warnings: string[];
  /** The steps after the seal; empty if there were none. */
  steps: ReportStep[];
  /** Messages, outermost first; empty on success. */
  errors: string[];
  hints: string[];
}

/** Returns the report as a file's text. */
export function encodeReport(report: ApplyReport): string {
  return encodeManifest(REPORT_KIND, report);
}

const LISTS = [
  "lower_profiles",
  "phases",
  "images",
  "assets",
  "conflicts",
  "warnings",
  "steps",
  "errors",
  "hints",
] as const;

/**
 * Parses a report. Only this program writes it; what is checked is what readers rely on.
 *
 * @throws {TorcxError} `invalid` if it has another kind or shape.
 */
export function parseReport(text: string, source: string): ApplyReport {
  const { value } = parseManifest(text, source, [REPORT_KIND]);
  for (const name of LISTS) value.field(name).items();
  for (const name of ["version", "mode", "started_at", "upper_profile"]) value.field(name).asString();
  const outcome = value.field("outcome");
  if (!["sealed", "failed"].includes(outcome.asString())) outcome.refuse('expected "sealed" or "failed"');
  const defaults: Record<string, JsonValue> = { duration_ms: 0 };
  for (const name of LISTS) defaults[name] = [];
  return { ...defaults, ...value.asObject() } as unknown as ApplyReport;
}
