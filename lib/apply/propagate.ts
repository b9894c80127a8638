/**
 * Owns where assets go: from the trees of the images to links and copies below /run, as operations,
 * with every conflict found before the first of them. It changes nothing; `apply.ts` calls it.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import { quote, TorcxError } from "../errors.ts";
import { type Asset, type AssetList, listAssets, readImageManifest } from "../image/assets.ts";
import type { AssetKind } from "../manifest/image.ts";
import { formatImage } from "../manifest/names.ts";
import {
  encodeAssetNames,
  type ReportAsset,
  type ReportConflict,
  type ReportPlace,
} from "../manifest/report.ts";
import type { Root } from "../sys/root.ts";
import type { Operation } from "./operations.ts";
import { type ImageFault, listMissingDirectories, type PlannedImage } from "./plan.ts";

/** Where each kind goes; programs go to the bin dir of the settings. */
export const TARGET_DIRS: Record<Exclude<AssetKind, "bin">, string> = {
  network: "/run/systemd/network",
  units: "/run/systemd/system",
  sysusers: "/run/sysusers.d",
  tmpfiles: "/run/tmpfiles.d",
  udev_rules: "/run/udev/rules.d",
};

/** What is going to be propagated. */
export interface PropagationPlan {
  operations: Operation[];
  assets: ReportAsset[];
  conflicts: ReportConflict[];
  warnings: string[];
  /** Images whose manifest or assets cannot be used. */
  faults: ImageFault[];
}

/** Options of {@linkcode planPropagation}. */
export interface PropagationOptions {
  /** Lists the assets of an image; by default those of its tree below the unpack dir. */
  listImageAssets?: (image: PlannedImage) => AssetList;
  /** Paths that are not counted as taken: what this boot's apply made is gone at the next boot. */
  ignoredPaths?: ReadonlySet<string>;
}

/** Plans the propagation of all images, whose trees are in place. */
export function planPropagation(
  root: Root,
  settings: Settings,
  images: readonly PlannedImage[],
  options: PropagationOptions = {},
): PropagationPlan {
  const planner = new Planner(root, settings, options.ignoredPaths ?? new Set());
  for (const planned of images) {
    const { image, archive } = planned;
    try {
      const { assets, warnings } = options.listImageAssets?.(planned) ??
        listTreeAssets(root, settings, image);
      for (const warning of warnings) planner.warn(image.name, warning);
      for (const asset of assets) planner.add(image.name, asset);
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      planner.plan.faults.push({ image, archive, error });
    }
  }
  return planner.plan;
}

function listTreeAssets(root: Root, settings: Settings, image: PlannedImage["image"]): AssetList {
  using tree = root.openSub(getTreePath(settings, image.name));
  return listAssets(tree, readImageManifest(tree, formatImage(image)));
}

/** Returns where an image's tree is. */
export function getTreePath(settings: Settings, image: string): ByteString {
  return joinPath(encodePath(settings.paths.unpackDir), encodePath(image));
}

class Planner {
  readonly plan: PropagationPlan = { operations: [], assets: [], conflicts: [], warnings: [], faults: [] };
  readonly #root: Root;
  readonly #settings: Settings;
  readonly #ignoredPaths: ReadonlySet<string>;
  /** Who has a path that this plan takes. */
  readonly #owners = new Map<ByteString, { image: string; linkText: ByteString | undefined }>();
  readonly #directories = new Set<ByteString>();

  constructor(root: Root, settings: Settings, ignoredPaths: ReadonlySet<string>) {
    this.#root = root;
    this.#settings = settings;
    this.#ignoredPaths = ignoredPaths;
  }

  warn(image: string, message: string): void {
    this.plan.warnings.push(`image ${quote(image)}: ${message}`);
  }

  add(image: string, asset: Asset): void {
    const from = joinPath(getTreePath(this.#settings, image), asset.source);
    const directory = asset.kind === "bin" ? this.#settings.paths.binDir : TARGET_DIRS[asset.kind];
    const path = joinPath(encodePath(directory), asset.target);
    // A program is linked to; a symlink among units keeps its text; all else is copied.
    const linkText = asset.kind === "bin" ? from : asset.linkText;
    const entry: ReportPlace = { image, kind: asset.kind, from: decodePath(from), to: decodePath(path) };
    const owner = this.#owners.get(path);
    if (owner !== undefined) {
      if (linkText !== undefined && owner.linkText === linkText) return;
      this.plan.conflicts.push({ ...entry, kept: `image ${quote(owner.image)}` });
      return;
    }
    if (this.#isTaken(path, linkText, entry)) return;
    this.#owners.set(path, { image, linkText });
    this.#addDirectories(splitPath(path).parent);
    const mode = asset.mode & 0o777;
    this.plan.operations.push(
      linkText === undefined
        ? { kind: "copy", image, from, path, mode }
        : { kind: "link", image, target: linkText, path },
    );
    this.plan.assets.push({
      ...entry,
      ...encodeAssetNames({ from, to: path, linkText }),
      mode: linkText === undefined ? `0${mode.toString(8).padStart(3, "0")}` : null,
      digest: null,
    });
  }

  /** Looks for a file of the system in the place; an identical symlink is as good as ours. */
  #isTaken(path: ByteString, linkText: ByteString | undefined, entry: ReportPlace): boolean {
    const stat = this.#root.findLstat(path);
    if (stat === undefined || this.#ignoredPaths.has(entry.to)) return false;
    const isSame = stat.type === "symlink" && linkText !== undefined &&
      this.#root.readLink(path) === linkText;
    if (!isSame) this.plan.conflicts.push({ ...entry, kept: "the system" });
    return true;
  }

  #addDirectories(path: ByteString): void {
    if (this.#directories.has(path)) return;
    for (const missing of listMissingDirectories(this.#root, path)) {
      if (this.#directories.has(missing)) continue;
      this.#directories.add(missing);
      this.plan.operations.push({ kind: "make_dir", path: missing, isOptional: false });
    }
    this.#directories.add(path);
  }
}
