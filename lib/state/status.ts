/**
 * Owns what is known of this boot's torcx: the state, by which profiles, with which images, what the last
 * run reported, what has changed since, and what of torcx is installed. It only reads.
 */

import { join } from "@std/path/posix/join";
import { encodePath, joinPath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import { TorcxError } from "../errors.ts";
import type { StatusFacts, StatusImage } from "../manifest/outputs/status.ts";
import type { ReportImage } from "../manifest/report.ts";
import type { Root } from "../sys/root.ts";
import { findDrift, findForeign } from "./drift.ts";
import { type Drift, toDrift } from "./drift_kinds.ts";
import { readRunState, type RunState } from "./run_state.ts";
import { findDirectoryStat } from "../sys/directory_stat.ts";

/** The state of this boot's apply. */
export interface Status extends StatusFacts {
  state: RunState["kind"] | "switched_off";
  /** Differences between what was applied and what is there now; only of a system with a seal. */
  drift: Drift[];
  /** Why what is at RUN is not torcx's. */
  foreign: { names: string[]; reason: string } | null;
  /** Whether a run that failed has left nothing; true of all others. */
  is_undone: boolean;
}

/** systemd.generator(7), in their order. */
const GENERATOR_DIRS = ["/run", "/etc", "/usr/local/lib", "/usr/lib"].map((path) =>
  join(path, "systemd/system-generators")
);
/** systemd.unit(5), those that a package or the generator writes to, in their order. */
const UNIT_DIRS = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/run/systemd/generator",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
];

/**
 * Reads the status.
 *
 * @throws {TorcxError} if RUN or the seal is there but cannot be read.
 */
export function readStatus(system: System): Status {
  const { root, settings } = system;
  const run = readRunState(system);
  const report = "report" in run ? run.report ?? null : null;
  const seal = "seal" in run ? run.seal : undefined;
  const drift = findStatusDrift(system, run);
  const unpackDir = seal?.unpackDir ?? settings.paths.unpackDir;
  const unpack = findTree(root, unpackDir);
  return {
    state: findState(settings, run, drift),
    lower_profiles: seal?.lowerProfiles ?? report?.lower_profiles ?? [],
    // The seal has "" where there is none.
    upper_profile: seal === undefined ? report?.upper_profile ?? null : seal.upperProfile || null,
    profile_path: seal?.profilePath ?? null,
    bin_dir: seal?.binDir ?? null,
    unpack_dir: seal?.unpackDir ?? null,
    is_read_only: unpack?.isMounted === true ? unpack.isReadOnly : null,
    images: (report?.images ?? []).map((image) => toStatusImage(root, unpackDir, image)),
    report,
    drift,
    pid: run.kind === "at_work" ? run.pid ?? null : null,
    since: run.kind === "at_work" ? run.since?.toISOString() ?? null : null,
    switched_off_by: findSwitch(settings) ?? null,
    foreign: run.kind === "foreign" ? { names: run.names, reason: run.reason } : null,
    is_undone: run.kind !== "failed" || run.isUndone,
    has_stale_seal: run.kind === "not_applied" && run.hasStaleSeal,
    generator_path: findFile(root, { directories: GENERATOR_DIRS, name: "torcx-generator" }),
    target_path: findFile(root, { directories: UNIT_DIRS, name: "torcx.target" }),
    service_path: findFile(root, { directories: UNIT_DIRS, name: "torcx.service" }),
  };
}

/** Names what switches torcx off in this boot, as it is written there; undefined if nothing does. */
export function findSwitch({ isBootEnabled, sources }: Settings): string | undefined {
  return isBootEnabled ? undefined : `${sources.get("boot") ?? "torcx="}0`;
}

function findState(settings: Settings, run: RunState, drift: readonly Drift[]): Status["state"] {
  if (run.kind === "not_applied" && !settings.isBootEnabled) return "switched_off";
  if (run.kind === "sealed" && drift.some((item) => item.is_degrading)) return "degraded";
  return run.kind;
}

function findStatusDrift(system: System, run: RunState): Drift[] {
  if (run.kind === "unmounted" && run.report !== undefined) {
    return toDrift(findForeign(system, run.report));
  }
  if (run.kind !== "sealed" && run.kind !== "degraded") return [];
  const faults = run.kind === "degraded" ? run.faults : [];
  // Without the report nothing else is known of what was applied.
  if (run.report === undefined) return toDrift(faults.map((message) => ({ kind: "tree", message })));
  return findDrift(system, run.report, { faults });
}

function toStatusImage(
  root: Root,
  unpackDir: string,
  { name, reference, profile, format, archive_path, errors }: ReportImage,
): StatusImage {
  const path = joinPath(encodePath(unpackDir), encodePath(name));
  const tree = findTree(root, path);
  return {
    name,
    reference,
    profile,
    format,
    archive_path,
    path: tree === undefined ? null : join(unpackDir, name),
    is_mounted: tree?.isMounted ?? false,
    errors,
  };
}

/** As `findDirectoryStat()`; what cannot be looked at is told of as drift. */
function findTree(root: Root, path: string): ReturnType<typeof findDirectoryStat> {
  try {
    return findDirectoryStat(root, encodePath(path));
  } catch (error) {
    if (error instanceof TorcxError) return undefined;
    throw error;
  }
}

/** Finds a file that systemd would take; one that is masked by something else than a file is none. */
function findFile(
  root: Root,
  { directories, name }: { directories: readonly string[]; name: string },
): string | null {
  for (const directory of directories) {
    const path = join(directory, name);
    try {
      const stat = root.findStat(encodePath(path));
      if (stat !== undefined) return stat.type === "file" ? path : null;
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
    }
  }
  return null;
}
