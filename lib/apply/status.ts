/**
 * Owns what `torcx status` says: whether the system is sealed, by which profiles, with which images,
 * what is mounted, what the last run reported, and what has changed since. It only reads.
 */

import type { Settings } from "../config/settings.ts";
import type { Logger } from "../log.ts";
import type { ApplyReport, ReportImage } from "../manifest/report.ts";
import { readMounts } from "../sys/mounts.ts";
import type { Root } from "../sys/root.ts";
import { type Drift, findDrift } from "./drift.ts";
import { readRunState, type RunState } from "./run_state.ts";

/** One image of the running system. */
export interface StatusImage extends Pick<ReportImage, "name" | "reference" | "profile" | "errors"> {
  format: "tgz" | "squashfs" | null;
  archive_path: string | null;
  /** Where its tree is, null if it is not there. */
  path: string | null;
  /** Whether it is a mount of its own. */
  is_mounted: boolean;
}

/** The kind of {@linkcode Status} as JSON. */
export const STATUS_KIND = "torcx-status-v0";

/** The state of this boot's apply. */
export interface Status {
  state: RunState["kind"];
  lower_profiles: string[];
  upper_profile: string;
  profile_path: string | null;
  bin_dir: string | null;
  unpack_dir: string | null;
  /** Whether nobody can write below the unpack dir; null if it is not mounted. */
  is_read_only: boolean | null;
  images: StatusImage[];
  report: ApplyReport | null;
  /** Differences between what was applied and what is there now; only of a sealed system. */
  drift: Drift[];
}

/**
 * Reads the status.
 *
 * @throws {TorcxError} `invalid` if the seal cannot be parsed.
 */
export function readStatus(root: Root, settings: Settings, log: Logger): Status {
  const state = readRunState(root, settings);
  const report = "report" in state ? state.report ?? null : null;
  const seal = "seal" in state ? state.seal : undefined;
  const unpackDir = seal?.unpackDir ?? settings.paths.unpackDir;
  const prefix = root.path.replace(/\/+$/, "");
  const mounts = new Map(readMounts().map((mount) => [mount.target, mount]));
  const isReadOnly = mounts.get(prefix + unpackDir)?.isReadOnly ?? null;
  const images = (report?.images ?? []).map((
    { name, reference, profile, format, archive_path, errors },
  ): StatusImage => {
    const path = `${unpackDir}/${name}`;
    return {
      name,
      reference,
      profile,
      format,
      archive_path,
      path: seal === undefined ? null : path,
      is_mounted: mounts.has(prefix + path),
      errors,
    };
  });
  const unmounted = images.filter((image) => image.format === "squashfs" && !image.is_mounted)
    .map(({ name }) => name);
  return {
    state: state.kind,
    lower_profiles: seal?.lowerProfiles ?? report?.lower_profiles ?? [],
    upper_profile: seal?.upperProfile ?? report?.upper_profile ?? "",
    profile_path: seal?.profilePath ?? null,
    bin_dir: seal?.binDir ?? null,
    unpack_dir: seal?.unpackDir ?? null,
    is_read_only: isReadOnly,
    images,
    report,
    drift: seal === undefined || report === null
      ? []
      : findDrift(root, settings, log, report, { isReadOnly, unmounted }),
  };
}
