/**
 * Owns what RUN and the seal say of this boot's apply. It believes only what nobody else could have
 * written, and it only reads.
 */

import { join } from "@std/path/posix/join";
import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { decodeText } from "../manifest/json.ts";
import { type ApplyMode, type ApplyReport, parseReport } from "../manifest/report.ts";
import { encodeSeal, parseSeal, type SealValues } from "../manifest/seal.ts";
import { findLockHolder } from "../sys/lock_file.ts";
import { isTemporaryName } from "../sys/atomic_file.ts";
import { findJournal, getJournalPath } from "./journal.ts";
import { findDirectoryStat } from "../sys/directory_stat.ts";
import { findTreeFaults } from "./trees.ts";
import { findDistrust } from "./trust.ts";

/** What is known of this boot's apply. */
export type RunState =
  /** RUN does not exist. A seal without one is older than any run: it says nothing. */
  | { kind: "not_applied"; hasStaleSeal: boolean }
  /** A report of success, the seal of that run, and every tree there and read-only. */
  | { kind: "sealed"; seal: SealValues; report: ApplyReport }
  /** Sealed, but what it made is not as it was. */
  | { kind: "degraded"; seal: SealValues; report: ApplyReport | undefined; faults: string[] }
  /** Sealed, but the mount of the unpack dir itself is gone: a soft reboot, or by hand. */
  | { kind: "unmounted"; seal: SealValues; report: ApplyReport | undefined }
  /** What could not be undone is in the journal, which is gone where all was. */
  | { kind: "failed"; report: ApplyReport; isUndone: boolean }
  /** The lock of RUN is held. */
  | { kind: "at_work"; pid: number | undefined; since: Date | undefined }
  /** torcx's own RUN without lock and without end. */
  | { kind: "killed"; mode: ApplyMode | undefined }
  /** Without end, and the kernel's list of locks cannot be had: at work or killed. */
  | { kind: "unfinished" }
  /** What has RUN's name is not torcx's: it has none of its marks, or others could have written it. */
  | { kind: "foreign"; names: string[]; reason: string };

/** Options of {@linkcode readRunState}. */
export interface RunStateOptions {
  /** Whether the caller holds RUN's lock: nobody else is at work then. Default false. */
  isLocked?: boolean;
}

/** Names that torcx gives in RUN; the temporaries of atomic writes come and go beside them. */
const RUN_NAMES = ["bin", "unpack", "profile.json", "report.json", "journal.json", "lock"] as const;

/** Returns whether a name in RUN is one of torcx's own. */
export function isRunName(name: ByteString): boolean {
  return (RUN_NAMES as readonly string[]).includes(name) || isTemporaryName(name);
}

/** Reports list every propagated file. */
const REPORT_BYTES_MAX = 64 * 1024 * 1024;
const SEAL_BYTES_MAX = 64 * 1024;

/**
 * Reads the state.
 *
 * @throws {TorcxError} if something cannot be read for another reason than that it is not there.
 */
export function readRunState(system: System, options: RunStateOptions = {}): RunState {
  const { settings } = system;
  try {
    return judgeState(system, options);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    const places = `${quote(settings.runDir)} or ${quote(settings.paths.seal)}`;
    throw new TorcxError(
      cause.code,
      `Cannot tell what torcx has done in this boot: ${places} cannot be read`,
      { cause },
    );
  }
}

function judgeState(system: System, options: RunStateOptions): RunState {
  const { root, settings } = system;
  const seal = findSeal(system);
  const run = findRun(system);
  if (run === undefined) return { kind: "not_applied", hasStaleSeal: seal !== undefined };
  if (run.distrust !== undefined) {
    return { kind: "foreign", names: run.names.map(decodePath), reason: run.distrust };
  }
  const report = findReport(system);
  const others = run.names.filter((name) => !isRunName(name));
  // A kill can leave RUN without report and journal, but never beside something else.
  if (others.length > 0 && report === undefined && findJournal(system) === undefined) {
    return { kind: "foreign", names: others.map(decodePath), reason: "torcx did not make what is in it" };
  }
  const sealed = seal === undefined ? undefined : judgeSeal(system, seal, { report });
  // A seal that holds stands, even while somebody looks whether there is something to do.
  if (sealed?.kind === "sealed") return sealed;
  const holder = options.isLocked === true ? undefined : findLockHolder(root, getLockPath(settings));
  if (holder !== undefined && holder !== "unknown") {
    return { kind: "at_work", pid: holder.pid, since: holder.since };
  }
  if (sealed !== undefined) return sealed;
  if (report?.outcome === "failed") {
    return { kind: "failed", report, isUndone: root.findLstat(getJournalPath(settings)) === undefined };
  }
  if (holder === "unknown") return { kind: "unfinished" };
  // A report of success without its seal: killed between the two.
  return { kind: "killed", mode: findJournal(system)?.mode ?? report?.mode };
}

/** Returns the path of RUN's lock. */
export function getLockPath(settings: Settings): ByteString {
  return encodePath(join(settings.runDir, "lock"));
}

/** Looks at RUN: what is in it, and why nothing of that is believed; undefined if there is none. */
function findRun(
  { root, settings: { runDir } }: System,
): { names: ByteString[]; distrust: string | undefined } | undefined {
  const path = encodePath(runDir);
  const stat = root.findStat(path);
  if (stat === undefined) {
    if (root.findLstat(path) === undefined) return undefined;
    return { names: [], distrust: "it is a symlink that leads nowhere" };
  }
  if (stat.type !== "directory") return { names: [], distrust: `it is a ${stat.type}` };
  return { names: root.readDir(path).map(({ name }) => name), distrust: findDistrust(stat) };
}

/** Judges a seal that is there; undefined if it is older than the run that RUN tells of. */
function judgeSeal(
  system: System,
  { text, values }: Seal,
  { report }: { report: ApplyReport | undefined },
): Extract<RunState, { seal: SealValues }> | undefined {
  const { root, settings } = system;
  const { paths } = settings;
  if (report?.outcome === "failed") return undefined;
  if (report === undefined) {
    // It is this run's only if the run came to its end: the run profile is there, the journal is not.
    const has = (path: string): boolean => root.findLstat(encodePath(path)) !== undefined;
    if (values === undefined || !has(paths.runProfile) || has(join(settings.runDir, "journal.json"))) {
      return undefined;
    }
    if (!isUnpackDirMounted(system)) return { kind: "unmounted", seal: values, report };
    return { kind: "degraded", seal: values, report, faults: ["the report of the run is gone"] };
  }
  const seal = values ?? makeRunSeal(settings, report);
  if (!isUnpackDirMounted(system)) return { kind: "unmounted", seal, report };
  const faults = findTreeFaults(root, { unpackDir: paths.unpackDir, report });
  if (text !== encodeSeal(makeRunSeal(settings, report))) {
    faults.unshift(`${quote(paths.seal)} is not the seal of the last run`);
  }
  return faults.length > 0 ? { kind: "degraded", seal, report, faults } : { kind: "sealed", seal, report };
}

function isUnpackDirMounted({ root, settings: { paths } }: System): boolean {
  return findDirectoryStat(root, encodePath(paths.unpackDir))?.isMounted === true;
}

/** Returns what the seal of the run says that a report tells of. */
function makeRunSeal({ paths }: Settings, report: ApplyReport): SealValues {
  return {
    lowerProfiles: report.lower_profiles,
    upperProfile: report.upper_profile ?? "",
    profilePath: paths.runProfile,
    binDir: paths.binDir,
    unpackDir: paths.unpackDir,
  };
}

interface Seal {
  text: string;
  /** Undefined if the text is no seal's: no run wrote it. */
  values: SealValues | undefined;
}

/** Returns what lies in the seal's place. */
function findSeal({ root, settings: { paths } }: System): Seal | undefined {
  const path = encodePath(paths.seal);
  if (root.findLstat(path) === undefined) return undefined;
  const text = orUndefined(() => decodeText(root.readFile(path, SEAL_BYTES_MAX), paths.seal)) ?? "";
  return { text, values: orUndefined(() => parseSeal(text, paths.seal)) };
}

/** Returns the report; undefined too if it is another version's, or could be another user's. */
export function findReport({ root, settings: { paths } }: System): ApplyReport | undefined {
  return orUndefined(() => {
    const path = encodePath(paths.report);
    const stat = root.lstat(path);
    if (stat.type !== "file" || findDistrust(stat) !== undefined) return undefined;
    return parseReport(decodeText(root.readFile(path, REPORT_BYTES_MAX), paths.report), paths.report);
  });
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    if (error instanceof TorcxError && error.code === "invalid") return undefined;
    throw error;
  }
}
