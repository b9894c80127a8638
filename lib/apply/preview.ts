/**
 * Owns the preview of the next boot: the apply's own plan, the archives read to their end, where their assets
 * would go, what they would meet there, and the memory they would take. It changes nothing.
 */

import { type ImageFault, planApply } from "./plan.ts";
import type { CopySpace } from "./copy_space.ts";
import { type RehearsalOptions, rehearseApply } from "./rehearsal.ts";
import { findSwitch } from "../state/status.ts";
import { encodePath } from "../bytes.ts";
import type { MergedImage } from "../catalog/merge.ts";
import { listProfiles } from "../catalog/profiles.ts";
import type { Archive } from "../catalog/stores.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import { listStorePaths } from "../config/search_paths.ts";
import { quote, TorcxError } from "../errors.ts";
import type { Inspection } from "../image/inspect.ts";
import { type Logger, SILENT_LOG } from "../log.ts";
import type { ProfileName } from "../manifest/names.ts";
import type { ReportAsset, ReportConflict, ReportFinding } from "../manifest/report.ts";
import { listOverrides, type Override } from "../state/overrides.ts";

/** One image of the next boot. */
export interface PreviewImage {
  image: MergedImage;
  /** The profile directory that the image's profile comes from. */
  layer: string | undefined;
  archive: Archive | undefined;
  /** Why this archive is taken, for people. */
  reason: string | undefined;
  /** The archives that it is taken instead of. */
  shadowed: Archive[];
  archiveBytes: number | undefined;
  /** What its files would take in the tmpfs; undefined if that is not known. */
  memoryBytes: number | undefined;
  /** Why it could not be applied. */
  fault: ImageFault | undefined;
}

/** The preview. */
export interface Preview {
  osVersion: string | undefined;
  lower: ProfileName[];
  upper: ProfileName | undefined;
  /** Why the profile that is selected would not be the upper one. */
  upperFault: string | undefined;
  /** What on this boot's kernel command line switches torcx off; undefined if nothing does. */
  switchedOffBy: string | undefined;
  images: PreviewImage[];
  assets: ReportAsset[];
  conflicts: ReportConflict[];
  overrides: Override[];
  /** What the copies take on each file system. */
  copySpace: CopySpace[];
  warnings: string[];
  /** What is odd about the images; their texts are among the warnings. */
  findings: ReportFinding[];
  /** What the preview does not know or takes for granted; nothing to be mended. */
  notes: string[];
  /** What all images would take in the tmpfs, in bytes. */
  memoryBytes: number;
  /** What the apply itself would take at most while it is at work, in bytes. */
  processBytes: number;
  /** How much memory the machine has, in bytes; undefined if that is not known. */
  machineMemoryBytes: number | undefined;
  /** How large the tmpfs would be; undefined if that is not known. */
  memoryLimit: number | undefined;
  /** How many files it would hold; undefined if that is not known. */
  inodes: number | undefined;
  /** How many it may hold; undefined for the kernel's default. */
  inodesLimit: number | undefined;
  /** The kernel's default; undefined if that is not known. */
  defaultInodes: number | undefined;
}

/** The most that an apply takes by itself, however large its archives are: tests/program/memory_test.ts holds it. */
export const PROCESS_BYTES = 96 * 2 ** 20;

/** Options of {@linkcode previewBoot}. */
export interface PreviewOptions extends RehearsalOptions {
  /** The upper profile, instead of the selector's. */
  profile: ProfileName | undefined;
  /** The OS version that boots, instead of the running one. */
  osVersion: string | undefined;
  /** The memory of the machine, of which the tmpfs may take a share; undefined if that is not known. */
  machineMemoryBytes: number | undefined;
}

/**
 * Previews the next boot.
 *
 * @throws {TorcxError} if a profile cannot be read, or `options.profile` does not exist.
 */
export async function previewBoot(
  { root, settings: running, log }: System,
  options: PreviewOptions,
): Promise<Preview> {
  const settings = makeNextSettings(running, options);
  const warnings: string[] = [];
  const system: System = { root, settings, log: recordWarnings(log, warnings) };
  const profile = options.profile === undefined ? {} : { profile: options.profile };
  const plan = planApply(system, profile);
  if (options.osVersion !== undefined) checkVersion(system, options.osVersion);
  const rehearsal = await rehearseApply(system, plan, options);
  const { inspections, propagation, findings, copySpace, faults, totalInodes } = rehearsal;
  const layers = listProfiles({ ...system, log: SILENT_LOG });
  const images = plan.selection.images.map((image): PreviewImage => {
    const planned = plan.images.find((item) => item.image === image);
    const fault = faults.find((item) => item.image === image);
    const inspection = planned === undefined ? undefined : inspections.get(planned.archive);
    const archive = (planned ?? fault)?.archive;
    const shadowed = plan.index.shadowed.filter(({ by }) => by.path === archive?.path).map((item) =>
      item.archive
    );
    return {
      image,
      layer: layers.get(image.profile)?.layer,
      archive,
      reason: archive === undefined ? undefined : explain(archive, shadowed, plan.index.stores),
      shadowed,
      archiveBytes: planned?.archiveBytes,
      memoryBytes: inspection instanceof TorcxError ? undefined : inspection?.memoryBytes,
      fault,
    };
  });
  const memoryBytes = images.reduce((sum, image) => sum + (image.memoryBytes ?? 0), 0);
  const { machineMemoryBytes } = options;
  if (machineMemoryBytes !== undefined && memoryBytes + PROCESS_BYTES > machineMemoryBytes) {
    system.log.warning(
      `the machine has ${machineMemoryBytes} bytes of memory, the boot takes ${
        memoryBytes + PROCESS_BYTES
      }: ` +
        `${memoryBytes} for the images and up to ${PROCESS_BYTES} to apply them`,
    );
  }
  return {
    osVersion: settings.versionId,
    lower: plan.selection.lower,
    upper: plan.selection.upper,
    upperFault: plan.selection.upperFault,
    switchedOffBy: findSwitch(running),
    images,
    assets: propagation.assets,
    conflicts: propagation.conflicts,
    copySpace,
    overrides: propagation.assets.flatMap((asset) => listOverrides(system, asset)),
    warnings: [...new Set(warnings)],
    findings,
    notes: listNotes(running, settings),
    memoryBytes,
    processBytes: PROCESS_BYTES,
    machineMemoryBytes,
    memoryLimit: computeLimit(settings.unpackSize ?? "50%", machineMemoryBytes),
    inodes: sumInodes([...inspections.values()]),
    inodesLimit: settings.unpackInodes === undefined
      ? undefined
      : computeLimit(settings.unpackInodes, undefined),
    // Of another machine's root this one tells nothing.
    defaultInodes: options.machineMemoryBytes === undefined ? undefined : totalInodes,
  };
}

/** The kernel command line is of this boot; of the next one only the disk tells. */
function makeNextSettings(settings: Settings, { osVersion }: PreviewOptions): Settings {
  return {
    ...settings,
    versionId: osVersion ?? settings.versionId,
    isBootEnabled: true,
    bootProfileText: undefined,
  };
}

/** Returns a log that keeps what it is warned of, too. */
export function recordWarnings(log: Logger, warnings: string[]): Logger {
  const keep = (write: (message: string) => void) => (message: string): void => {
    warnings.push(message);
    write(message);
  };
  return { ...log, warning: keep(log.warning), error: keep(log.error) };
}

/** Warns if no store is of this OS version: a typing error, or its archives are not fetched yet. */
function checkVersion({ root, settings, log }: System, osVersion: string): void {
  const unversioned = new Set(listStorePaths({ ...settings, versionId: undefined }));
  const stores = listStorePaths(settings, osVersion).filter((path) => !unversioned.has(path));
  if (stores.some((path) => root.findStat(encodePath(path)) !== undefined)) return;
  log.warning(
    `no store of OS version ${quote(osVersion)} exists: absent are ${stores.map(quote).join(", ")}`,
  );
}

function listNotes(running: Settings, next: Settings): string[] {
  const notes: string[] = [];
  const { bootProfileText: profileText } = running;
  if (profileText !== undefined) {
    notes.push(
      `${
        quote(`torcx_profile=${profileText}`)
      } on the kernel command line is of this boot: the next one is planned without`,
    );
  }
  if (next.versionId !== running.versionId) {
    notes.push(`profiles and store of ${quote(next.paths.vendorDir)} are those of the running OS version`);
  }
  return notes;
}

function explain(archive: Archive, shadowed: readonly Archive[], stores: readonly string[]): string {
  if (shadowed.length === 0) return "the only archive of this image";
  const place = stores.indexOf(archive.store);
  const isLater = shadowed.some(({ store }) => stores.indexOf(store) < place);
  const isBesideTgz = shadowed.some(({ store, format }) => store === archive.store && format === "tgz");
  if (isLater || isBesideTgz) return "squashfs is preferred to tgz";
  return "its store comes first";
}

/** Adds up what the images take, and the root of the tmpfs; undefined if one is not known. */
function sumInodes(inspections: readonly (Inspection | TorcxError)[]): number | undefined {
  let sum = 1;
  for (const inspection of inspections) {
    if (inspection instanceof TorcxError || inspection.inodes === undefined) return undefined;
    sum += inspection.inodes;
  }
  return sum;
}

/** Returns a limit as tmpfs(5) reads it: a number with a unit, or a share of the memory. */
function computeLimit(text: string, memoryBytes: number | undefined): number | undefined {
  const match = /^([0-9]+)([kKmMgG%]?)$/.exec(text);
  if (match === null) return undefined;
  const [, digits, unit] = match;
  if (unit === "%") {
    return memoryBytes === undefined ? undefined : Math.floor(memoryBytes * Number(digits) / 100);
  }
  const shift = { "": 0, k: 10, m: 20, g: 30 }[unit!.toLowerCase()] ?? 0;
  return Number(digits) * 2 ** shift;
}
