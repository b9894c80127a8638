/**
 * Owns the preview of the next boot: the apply's own plan, the archives read to their end, where
 * their assets would go, what they would meet there, and the memory they would take. It changes
 * nothing; `torcx plan` shows it.
 */

import { type ImageFault, planApply, type PlannedImage } from "../apply/plan.ts";
import { planPropagation, TARGET_DIRS } from "../apply/propagate.ts";
import { readRunState } from "../apply/run_state.ts";
import { encodePath } from "../bytes.ts";
import type { MergedImage } from "../catalog/merge.ts";
import { listProfiles } from "../catalog/profiles.ts";
import type { Archive } from "../catalog/stores.ts";
import type { Settings } from "../config/settings.ts";
import { quote, TorcxError } from "../errors.ts";
import { inspectArchive, type Inspection } from "../image/inspect.ts";
import { openScratch } from "../image/scratch.ts";
import { SILENT_LOG } from "../log.ts";
import type { AssetKind } from "../manifest/image.ts";
import type { ProfileName } from "../manifest/names.ts";
import type { ReportAsset, ReportConflict, ReportPlace } from "../manifest/report.ts";
import type { Root } from "../sys/root.ts";
import type { Context } from "./context.ts";
import type { System } from "./system.ts";

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
  /** Why it would fail. */
  error: TorcxError | undefined;
}

/** An asset and a file of the system of the same name, of which only one takes effect. */
export interface Override extends ReportPlace {
  /** The system's file. */
  path: string;
  /** Whether the system's file takes effect, not the image's. */
  isHidden: boolean;
}

/** The preview. */
export interface Preview {
  osVersion: string | undefined;
  lower: ProfileName[];
  upper: ProfileName | undefined;
  images: PreviewImage[];
  assets: ReportAsset[];
  conflicts: ReportConflict[];
  overrides: Override[];
  warnings: string[];
  /** What all images would take in the tmpfs, in bytes. */
  memoryBytes: number;
  /** How large the tmpfs would be; undefined if that is not known. */
  memoryLimit: number | undefined;
}

/** Options of {@linkcode previewBoot}. */
export interface PreviewOptions {
  /** The upper profile, instead of the selector's. */
  profile: ProfileName | undefined;
  /** The OS version that boots, instead of the running one. */
  osVersion: string | undefined;
}

/** Where the system's own files of a kind are: what is first in order takes effect, /run is between the two. */
const SYSTEM_DIRS: Record<Exclude<AssetKind, "bin">, { before: string; after: string }> = {
  network: { before: "/etc/systemd/network", after: "/usr/lib/systemd/network" },
  units: { before: "/etc/systemd/system", after: "/usr/lib/systemd/system" },
  sysusers: { before: "/etc/sysusers.d", after: "/usr/lib/sysusers.d" },
  tmpfiles: { before: "/etc/tmpfiles.d", after: "/usr/lib/tmpfiles.d" },
  udev_rules: { before: "/etc/udev/rules.d", after: "/usr/lib/udev/rules.d" },
};

/**
 * Previews the next boot.
 *
 * @throws {TorcxError} if a profile cannot be read, or `options.profile` does not exist.
 */
export async function previewBoot(
  system: System,
  context: Context,
  options: PreviewOptions,
): Promise<Preview> {
  const { root } = system;
  const settings = makeNextSettings(system.settings, options);
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
    context.log.warning(message);
  };
  const profile = options.profile === undefined ? {} : { profile: options.profile };
  const plan = planApply(root, settings, context.log, profile);
  warnings.push(...plan.selection.warnings);
  if (settings.versionId !== system.settings.versionId) {
    warn(`profiles and store of ${quote(settings.paths.vendorDir)} are those of the running OS version`);
  }
  const inspections = new Map<PlannedImage, Inspection | TorcxError>();
  {
    using scratch = openScratch(context.environment["TMPDIR"] || "/tmp");
    for (const planned of plan.images) {
      inspections.set(planned, await inspect(root, planned, scratch, context, warn));
    }
  }
  const propagation = planPropagation(root, settings, plan.images, {
    ignoredPaths: listOwnPaths(root, system.settings),
    listImageAssets: (planned) => {
      const inspection = inspections.get(planned);
      const isKnown = inspection !== undefined && !(inspection instanceof TorcxError);
      return { assets: isKnown ? inspection.assets ?? [] : [], warnings: [] };
    },
  });
  const layers = listProfiles(root, settings, SILENT_LOG);
  const faults = [...plan.missing, ...plan.broken];
  const images = plan.selection.images.map((image): PreviewImage => {
    const planned = plan.images.find((item) => item.image === image);
    const fault = faults.find((item) => item.image === image);
    const inspection = planned === undefined ? undefined : inspections.get(planned);
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
      ...judge(inspection, fault),
    };
  });
  const memoryBytes = images.reduce((sum, image) => sum + (image.memoryBytes ?? 0), 0);
  return {
    osVersion: settings.versionId,
    lower: plan.selection.lower,
    upper: plan.selection.upper,
    images,
    assets: propagation.assets,
    conflicts: propagation.conflicts,
    overrides: propagation.assets.flatMap((asset) => listOverrides(root, settings, asset)),
    warnings,
    memoryBytes,
    memoryLimit: computeLimit(settings.unpackSize, context.memoryBytes),
  };
}

/** The kernel command line is of this boot; of the next one only the disk tells. */
function makeNextSettings(settings: Settings, { osVersion }: PreviewOptions): Settings {
  return {
    ...settings,
    versionId: osVersion ?? settings.versionId,
    boot: { isEnabled: true, profile: undefined, profileText: undefined },
  };
}

async function inspect(
  root: Root,
  { archive }: PlannedImage,
  scratch: Parameters<typeof inspectArchive>[2],
  { progress, signal }: Context,
  warn: (message: string) => void,
): Promise<Inspection | TorcxError> {
  try {
    return await inspectArchive(root, archive, scratch, {
      onProgress: () => {
        signal.throwIfAborted();
        progress.show(`Reading ${archive.path}`);
      },
      onWarning: warn,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TorcxError)) throw error;
    return error;
  } finally {
    progress.clear();
  }
}

function judge(
  inspection: Inspection | TorcxError | undefined,
  fault: ImageFault | undefined,
): Pick<PreviewImage, "memoryBytes" | "error"> {
  if (inspection instanceof TorcxError) return { memoryBytes: undefined, error: inspection };
  return { memoryBytes: inspection?.memoryBytes, error: fault?.error };
}

function explain(archive: Archive, shadowed: readonly Archive[], stores: readonly string[]): string {
  if (shadowed.length === 0) return "the only archive of this image";
  const place = stores.indexOf(archive.store);
  const isLater = shadowed.some(({ store }) => stores.indexOf(store) < place);
  const isBesideTgz = shadowed.some(({ store, format }) => store === archive.store && format === "tgz");
  if (isLater || isBesideTgz) return "squashfs is preferred to tgz";
  return "its store comes first";
}

/** Lists what this boot's apply made: it is gone at the next boot. */
function listOwnPaths(root: Root, settings: Settings): Set<string> {
  const state = readRunState(root, settings);
  const report = state.kind === "sealed" ? state.report : undefined;
  return new Set(report?.assets.map(({ to }) => to));
}

function listOverrides(root: Root, settings: Settings, { image, kind, from, to }: ReportPlace): Override[] {
  if (kind === "bin") return [];
  const { before, after } = SYSTEM_DIRS[kind];
  const name = to.slice(TARGET_DIRS[kind].length);
  const places = [
    { path: before + name, isHidden: true },
    { path: after.replace(/^\/usr/, settings.usrDir) + name, isHidden: false },
  ];
  return places.filter(({ path }) => root.findLstat(encodePath(path)) !== undefined)
    .map((place) => ({ image, kind, from, to, ...place }));
}

/** Returns the size of the tmpfs by tmpfs(5) `size=`; without it the kernel takes half of the memory. */
function computeLimit(size: string | undefined, memoryBytes: number | undefined): number | undefined {
  const match = /^([0-9]+)([kKmMgG%]?)$/.exec(size ?? "50%");
  if (match === null) return undefined;
  const [, digits, unit] = match;
  if (unit === "%") {
    return memoryBytes === undefined ? undefined : Math.floor(memoryBytes * Number(digits) / 100);
  }
  const shift = { "": 0, k: 10, m: 20, g: 30 }[unit!.toLowerCase()] ?? 0;
  return Number(digits) * 2 ** shift;
}
