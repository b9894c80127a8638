/**
 * Owns the plan of an apply: which profiles, which archives, and the operations up to the trees and after the
 * assets. It only reads.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import { explainMissing } from "../catalog/missing.ts";
import { type Archive, indexStores, type StoreIndex } from "../catalog/stores.ts";
import { findArchive } from "../catalog/archives.ts";
import { type ProfileSelection, selectProfiles } from "../catalog/boot_profiles.ts";
import type { MergedImage } from "../catalog/merge.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import { quote, TorcxError } from "../errors.ts";
import { checkImage } from "../image/image_format.ts";
import { formatImage, type ProfileName } from "../manifest/names.ts";
import { encodeRunProfile } from "../manifest/profile.ts";
import { encodeSeal } from "../manifest/seal.ts";
import type { FileStat } from "../sys/file_stat.ts";
import type { Root } from "../sys/root.ts";
import type { Operation } from "../manifest/journal.ts";
import { findObstacle } from "./places.ts";
import type { ImageOperation } from "./operations/trees.ts";
import type { ImageFaultKind } from "./policy.ts";

/** An image with the archive that was found for it. */
export interface PlannedImage {
  image: MergedImage;
  archive: Archive;
  /** Size of the archive, in bytes. */
  archiveBytes: number;
  /** What the archive was when it was looked at. */
  archiveStat: Pick<FileStat, "dev" | "ino" | "mtimeSec" | "mtimeNsec">;
}

/** An image that cannot be applied, and why. */
export interface ImageFault {
  kind: ImageFaultKind;
  image: MergedImage;
  archive: Archive | undefined;
  error: TorcxError;
}

/** What an apply is going to do. */
export interface ApplyPlan {
  selection: ProfileSelection;
  images: PlannedImage[];
  /** Images without an archive: a store may be on a file system that is mounted later. */
  missing: ImageFault[];
  /** Images whose archive cannot be one. */
  broken: ImageFault[];
  /** The stores and their archives. */
  index: StoreIndex;
  /** Directories, tmpfs and images, in order. */
  preparation: Operation[];
  /** Run profile, report, read-only, seal; they come after the assets. */
  closing: Operation[];
}

/** Options of {@linkcode planApply}. */
export interface PlanOptions {
  /** The upper profile, instead of the selector's. */
  profile?: ProfileName;
}

/**
 * Plans an apply.
 *
 * @throws {TorcxError} if a profile cannot be read, `options.profile` does not exist, or what has the place of a
 *   directory that is needed is none.
 */
export function planApply(system: System, options: PlanOptions = {}): ApplyPlan {
  const { root, settings } = system;
  checkDirectories(system);
  const selected = selectProfiles(system, { ...options, onUnknown: "warn" });
  const index = indexStores(system);
  const selection = { ...selected, warnings: [...selected.warnings, ...index.warnings] };
  const plan: ApplyPlan = {
    selection,
    images: [],
    missing: [],
    broken: [],
    index,
    preparation: [],
    closing: planClosing(settings, selection),
  };
  for (const image of selection.images) {
    const archive = findArchive(system, image, { index });
    if (archive === undefined) {
      plan.missing.push({ kind: "missing", image, archive, error: describeMissing(image, index) });
      continue;
    }
    try {
      const archiveStat = checkArchive(root, archive);
      plan.images.push({ image, archive, archiveBytes: archiveStat.size, archiveStat });
    } catch (cause) {
      if (!(cause instanceof TorcxError)) throw cause;
      plan.broken.push({ kind: "archive", image, archive, error: describeBroken(image, archive, cause) });
    }
  }
  plan.preparation = [
    ...planSealRemoval(system),
    ...planDirectories(system),
    ...plan.images.map((item) => planTree(settings, item)),
  ];
  return plan;
}

function describeMissing(image: MergedImage, index: StoreIndex): TorcxError {
  const { state, hint } = explainMissing(index, [image]);
  return new TorcxError("not_found", `Cannot find image ${quote(formatImage(image))}: ${state}`, {
    hint: hint ??
      `Put ${image.name}:${image.reference}.torcx.tgz or .torcx.squashfs into a store, or take the image out of profile ${
        quote(image.profile)
      }`,
  });
}

/** Names image and archive of what makes an archive useless. */
export function describeBroken(image: MergedImage, archive: Archive, cause: TorcxError): TorcxError {
  return new TorcxError(
    cause.code,
    `Cannot use image ${quote(formatImage(image))} from ${quote(archive.path)}`,
    { cause, ...(cause.code === "archive" ? { hint: describeWayOut(image) } : {}) },
  );
}

/** Says what to do about an archive that is damaged or refused. */
export function describeWayOut({ profile }: MergedImage): string {
  return `Replace the archive by a sound copy, or take the image out of profile ${quote(profile)}`;
}

/**
 * Looks at an archive's head and returns what the file is.
 *
 * @throws {ArchiveError} if it cannot be one.
 */
function checkArchive(root: Root, archive: Archive): FileStat {
  using file = root.openFile(encodePath(archive.path));
  checkImage({ file, format: archive.format });
  return file.stat;
}

/** What would fail only once the trees are made fails before anything is. */
function checkDirectories({ root, settings: { paths, runDir } }: System): void {
  const directories = [encodePath(runDir), splitPath(encodePath(paths.seal)).parent];
  for (const obstacle of directories.map((path) => findObstacle(root, path))) {
    if (obstacle === undefined) continue;
    const path = quote(decodePath(obstacle.path));
    throw new TorcxError("failed", `Cannot plan what is applied: ${path} is ${obstacle.state}`, {
      hint: `Remove ${path}`,
    });
  }
}

/** Returns the missing directories of the contract, outermost first, and the tmpfs. */
function planDirectories({ root, settings }: System): Operation[] {
  const { binDir, unpackDir, userProfiles, seal } = settings.paths;
  const planned = new Set<string>();
  const plan = (path: string, isOptional: boolean): Operation[] =>
    listMissingDirectories(root, encodePath(path)).filter((item) => !planned.has(item)).map((item) => {
      planned.add(item);
      return { kind: "make_dir", path: item, isOptional };
    });
  return [
    ...plan(settings.runDir, false),
    // A read-only /etc or /var is no reason to boot without addons.
    ...[settings.baseDir, settings.confDir].flatMap((path) => plan(path, true)),
    ...[binDir, unpackDir].flatMap((path) => plan(path, false)),
    ...plan(userProfiles, true),
    ...plan(splitPath(encodePath(seal)).parent, false),
    {
      kind: "mount_tmpfs",
      path: encodePath(unpackDir),
      size: settings.unpackSize,
      inodes: settings.unpackInodes,
    },
  ];
}

/** Returns a path and those of its parents that do not exist, outermost first. */
export function listMissingDirectories(root: Root, path: ByteString): ByteString[] {
  const missing: ByteString[] = [];
  for (let current = path; current !== "" && root.findStat(current) === undefined;) {
    missing.unshift(current);
    current = splitPath(current).parent;
  }
  return missing;
}

function planTree(settings: Settings, { image, archive }: PlannedImage): ImageOperation {
  return {
    kind: archive.format === "squashfs" ? "mount_squashfs" : "unpack",
    image: image.name,
    archive: encodePath(archive.path),
    path: joinPath(encodePath(settings.paths.unpackDir), encodePath(image.name)),
  };
}

/** Plans that an old seal goes before all else: none outlives its run. */
export function planSealRemoval({ root, settings: { paths } }: System): Operation[] {
  const path = encodePath(paths.seal);
  return root.findLstat(path) === undefined ? [] : [{ kind: "remove_seal", path }];
}

function planClosing(settings: Settings, selection: ProfileSelection): Operation[] {
  const { paths } = settings;
  const seal = encodeSeal({
    lowerProfiles: selection.lower,
    upperProfile: selection.upper ?? "",
    profilePath: paths.runProfile,
    binDir: paths.binDir,
    unpackDir: paths.unpackDir,
  });
  return [
    {
      kind: "write_run_profile",
      path: encodePath(paths.runProfile),
      text: encodeRunProfile(selection.images),
    },
    { kind: "write_report", path: encodePath(paths.report) },
    { kind: "remount_read_only", path: encodePath(paths.unpackDir) },
    // Last: whoever waits for the seal may rely on all the rest.
    { kind: "write_seal", path: encodePath(paths.seal), text: seal },
  ];
}
