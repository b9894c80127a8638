/**
 * Owns the kind `torcx-apply-report-v0`, the file RUN/`report.json`: what an apply did, how long it
 * took and why it failed. Names in it are text; where one is no UTF-8 its bytes stand beside it. It
 * refuses disk access.
 */

import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import { encodeManifest, type JsonCursor, type JsonValue, parseManifest } from "./json.ts";
import type { AssetKind } from "./asset_kinds.ts";

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
  /** What the archive was when the apply began: `MAJOR:MINOR` of its file system, inode in decimals. */
  archive_device: string | null;
  archive_inode: string | null;
  /** When it was last changed: seconds since 1970, a point, nine digits of nanoseconds. */
  archive_mtime: string | null;
  /** What its tree is, mounted or unpacked, as `archive_device` and `archive_inode`. */
  tree_device: string | null;
  tree_inode: string | null;
  /** Bytes of file content unpacked into the tmpfs; null for a mounted image. */
  unpacked_bytes: number | null;
  entries: ReportEntries | null;
  duration_ms: number | null;
  /** Messages, outermost first, if this image failed. */
  errors: string[];
}

/** The names of an asset whose bytes are not UTF-8: one character, U+0001 to U+00FF, for each byte. */
export interface RawAssetNames {
  from: string;
  to: string;
  link_text: string | null;
}

/** A file of an image and the place that it has, or would have had. */
export interface ReportPlace {
  image: string;
  kind: AssetKind;
  /** Path below the unpack dir. */
  from: string;
  /** Path of the link or copy. */
  to: string;
}

/** One propagated file, or directory without files. */
export interface ReportAsset extends ReportPlace {
  /** The text of the link; null for a copy and a directory. */
  link_text: string | null;
  /** The permissions of the copy or directory in octal, such as `0644`; null for a link. */
  mode: string | null;
  /** `sha256-HEX` of what was copied; null for a link and a directory. */
  digest: string | null;
  /** Whether it is a directory that the image has no files in. */
  is_directory: boolean;
  /** Null where all names are UTF-8. */
  raw_names: RawAssetNames | null;
}

/** A file that was not propagated because another one had its place. */
export interface ReportConflict extends ReportPlace {
  /** Who has the place: `image NAME`, or `the system`. */
  kept: string;
}

/** Something odd about an image. */
export interface ReportFinding {
  /** What it is, for programs; torcx(8) lists all of them. */
  code: string;
  /** With `error` the image cannot be applied. */
  severity: "error" | "warning";
  /** The image's name and reference; null of an archive that is none's. */
  image: string | null;
  reference: string | null;
  /** Where in the image it is; null for the image as a whole. */
  path: string | null;
  message: string;
  /** The way out; null if none is known. */
  hint: string | null;
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
  /** Null if there was none. */
  upper_profile: string | null;
  /** Why the profile that was selected is not the upper one; null if it is, or none was selected. */
  upper_profile_fault: string | null;
  /** ISO 8601, UTC. */
  started_at: string;
  duration_ms: number;
  phases: ReportPhase[];
  /** What the mount on the unpack dir is, as `archive_device` and `archive_inode` of an image. */
  unpack_device: string | null;
  unpack_inode: string | null;
  /** Directories outside the trees that were made for it, outermost first. */
  made_directories: string[];
  /** How many inodes it had in use once all trees were there; null if it does not count them. */
  unpack_files: number | null;
  images: ReportImage[];
  assets: ReportAsset[];
  conflicts: ReportConflict[];
  /** All warnings as texts, those of findings too. */
  warnings: string[];
  /** What is odd about the images. */
  findings: ReportFinding[];
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

/** Lists the files of a kind that were propagated. */
export function listAssetFiles({ assets }: Pick<ApplyReport, "assets">, kind: AssetKind): ReportAsset[] {
  return assets.filter((asset) => asset.kind === kind && !asset.is_directory);
}

/** The names of an asset as the kernel has them. */
export interface AssetNames {
  from: ByteString;
  to: ByteString;
  /** Undefined for a copy and a directory. */
  linkText: ByteString | undefined;
}

/** Returns the fields of a report that hold an asset's names. */
export function encodeAssetNames(
  { from, to, linkText }: AssetNames,
): Pick<ReportAsset, "from" | "to" | "link_text" | "raw_names"> {
  const isText = [from, to, linkText ?? to].every((name) => encodePath(decodePath(name)) === name);
  return {
    from: decodePath(from),
    to: decodePath(to),
    link_text: linkText === undefined ? null : decodePath(linkText),
    raw_names: isText ? null : { from, to, link_text: linkText ?? null },
  };
}

/** Returns the names of a reported asset, as bytes. */
export function decodeAssetNames({ from, to, link_text, raw_names }: ReportAsset): AssetNames {
  if (raw_names !== null) {
    return {
      from: raw_names.from as ByteString,
      to: raw_names.to as ByteString,
      linkText: raw_names.link_text === null ? undefined : raw_names.link_text as ByteString,
    };
  }
  return {
    from: encodePath(from),
    to: encodePath(to),
    linkText: link_text === null ? undefined : encodePath(link_text),
  };
}

/** What reports of earlier versions lack. */
const ADDED_TO_REPORT: Record<string, JsonValue> = {
  duration_ms: 0,
  upper_profile_fault: null,
  unpack_device: null,
  unpack_inode: null,
  unpack_files: null,
  findings: [],
};
const ADDED_TO_IMAGE: Record<string, JsonValue> = {
  archive_path: null,
  format: null,
  compressed_bytes: null,
  archive_device: null,
  archive_inode: null,
  archive_mtime: null,
  tree_device: null,
  tree_inode: null,
};
const ADDED_TO_ASSET: Record<string, JsonValue> = {
  link_text: null,
  mode: null,
  digest: null,
  is_directory: false,
  raw_names: null,
};
const ADDED_TO_FINDING: Record<string, JsonValue> = { image: null, reference: null, path: null, hint: null };
const PLACE = ["image", "kind", "from", "to"] as const;

/**
 * Parses a report. Only this program writes it; what is checked is what readers rely on.
 *
 * @throws {TorcxError} `invalid` if it has another kind or shape.
 */
export function parseReport(text: string, source: string): ApplyReport {
  const { value } = parseManifest(text, source, [REPORT_KIND]);
  for (const name of ["version", "mode", "started_at"]) value.field(name).asString();
  const outcome = value.field("outcome");
  if (!["sealed", "failed"].includes(outcome.asString())) outcome.refuse('expected "sealed" or "failed"');
  const parseList = (name: string, parse: (item: JsonCursor) => JsonValue): JsonValue[] =>
    value.field(name).items().map(parse);
  const parseText = (item: JsonCursor): string => item.asString();
  return {
    ...ADDED_TO_REPORT,
    ...value.asObject(),
    // Earlier versions wrote "" where there was none.
    upper_profile: value.field("upper_profile").findString() || null,
    lower_profiles: parseList("lower_profiles", parseText),
    phases: parseList("phases", (item) => item.asObject()),
    made_directories: parseList("made_directories", parseText),
    images: parseList("images", (item) => {
      for (const name of ["name", "reference", "profile"]) item.field(name).asString();
      for (const name of ["archive_path", "archive_mtime"]) item.field(name).findString();
      const errors = item.field("errors").items().map(parseText);
      return { ...ADDED_TO_IMAGE, ...item.asObject(), errors };
    }),
    assets: parseList("assets", (item) => {
      for (const name of PLACE) item.field(name).asString();
      item.field("link_text").findString();
      item.field("mode").findString();
      item.field("digest").findString();
      const raw = item.field("raw_names");
      if (raw.isPresent) { for (const name of ["from", "to"]) raw.field(name).asString(); }
      return { ...ADDED_TO_ASSET, ...item.asObject() };
    }),
    conflicts: parseList("conflicts", (item) => {
      for (const name of [...PLACE, "kept"]) item.field(name).asString();
      return item.asObject();
    }),
    warnings: parseList("warnings", parseText),
    findings: value.field("findings").items().map((item) => {
      for (const name of ["code", "severity", "message"]) item.field(name).asString();
      for (const name of ["image", "reference", "path", "hint"]) item.field(name).findString();
      return { ...ADDED_TO_FINDING, ...item.asObject() };
    }),
    steps: parseList("steps", (item) => {
      item.field("command").asString();
      item.field("error").findString();
      return { ...item.asObject(), error: item.field("error").findString() ?? null };
    }),
    errors: parseList("errors", parseText),
    hints: parseList("hints", parseText),
  } as unknown as ApplyReport;
}
