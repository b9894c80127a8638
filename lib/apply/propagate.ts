/**
 * Owns where assets go: from the trees of the images to links and copies below /run, as operations, with
 * every conflict found before the first of them. It changes nothing.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import { quote, TorcxError } from "../errors.ts";
import { type Asset, readImageAssets } from "../image/assets.ts";
import { type ImageContent, lookIntoTree } from "../image/findings/content.ts";
import { toFinding } from "../image/findings/finding.ts";
import { getProgramHost, type ProgramHost } from "../image/findings/program_host.ts";
import { type PlacedImage, UnitCheck } from "../image/findings/units.ts";
import { formatImage } from "../manifest/names.ts";
import {
  encodeAssetNames,
  type ReportAsset,
  type ReportConflict,
  type ReportFinding,
  type ReportPlace,
} from "../manifest/report.ts";
import type { Operation } from "../manifest/journal.ts";
import { formatMode } from "../sys/file_stat.ts";
import type { Root } from "../sys/root.ts";
import { getTargetDir } from "../manifest/asset_kinds.ts";
import { DIRECTORY_MODE } from "./operations/kind.ts";
import { findObstacle, listPrefixes } from "./places.ts";
import { describeWayOut, type ImageFault, listMissingDirectories, type PlannedImage } from "./plan.ts";

/** What is going to be propagated. */
export interface PropagationPlan {
  operations: Operation[];
  assets: ReportAsset[];
  conflicts: ReportConflict[];
  /** What is odd about the images' trees. */
  findings: ReportFinding[];
  /** Images whose manifest or assets cannot be used. */
  faults: ImageFault[];
}

/** Options of {@linkcode planPropagation}. */
export interface PropagationOptions {
  /** Gets what an image's tree tells; by default that of its tree below the unpack dir. */
  getContent?: (image: PlannedImage) => ImageContent;
  /** Paths that are not counted as taken: what this boot's apply made is gone at the next boot. */
  ignoredPaths?: ReadonlySet<string>;
  /** Directories that are not there yet, but will be before the first of these operations. */
  preparedDirectories?: ReadonlySet<ByteString>;
}

/** Plans the propagation of all images, whose trees are in place. */
export function planPropagation(
  system: System,
  images: readonly PlannedImage[],
  options: PropagationOptions = {},
): PropagationPlan {
  const planner = new Planner(system, options);
  const attempt = ({ image, archive }: PlannedImage, act: () => void): void => {
    try {
      act();
    } catch (cause) {
      if (!(cause instanceof TorcxError)) throw cause;
      const isManifestFault = cause.code === "invalid" && cause.hint === undefined;
      const error = new TorcxError(
        cause.code,
        `Cannot propagate assets of image ${quote(formatImage(image))} from ${quote(archive.path)}`,
        { cause, ...(isManifestFault ? { hint: describeWayOut(image) } : {}) },
      );
      planner.plan.faults.push({ kind: isManifestFault ? "manifest" : "propagate", image, archive, error });
    }
  };
  const host = getProgramHost(system);
  const placed: { planned: PlannedImage; placed: PlacedImage }[] = [];
  for (const planned of images) {
    attempt(planned, () => {
      const treePath = getTreePath(system.settings, planned.image.name);
      const content = options.getContent?.(planned) ?? readContent(system.root, treePath, { planned, host });
      placed.push({ planned, placed: { content, treePath } });
    });
  }
  const units = new UnitCheck(placed.map((item) => item.placed), system.root);
  for (const { planned, placed: image } of placed) {
    const { name } = planned.image;
    attempt(planned, () => {
      for (const asset of image.content.assets) {
        planner.add(name, { ...asset, linkText: units.getLinkText(image, asset) });
      }
    });
    planner.plan.findings.push(
      ...units.listOddities(image).map((oddity) => toFinding(oddity, planned.image)),
    );
  }
  return planner.plan;
}

function readContent(
  root: Root,
  treePath: ByteString,
  { planned, host }: { planned: PlannedImage; host: ProgramHost },
): ImageContent {
  using tree = root.openSub(treePath);
  return lookIntoTree(tree, { list: readImageAssets(tree, planned.image), host });
}

/** Returns where an image's tree is. */
export function getTreePath(settings: Settings, image: string): ByteString {
  return joinPath(encodePath(settings.paths.unpackDir), encodePath(image));
}

/** Modes of copies: root's, and nobody else writes them. */
const FILE_MODE = 0o644;
const PROGRAM_MODE = 0o755;
const EXECUTABLE_BY_ANYONE = 0o111;

const SYSTEM = "the system";

/** Who has a path that the plan takes. */
interface Owner {
  image: string;
  from: ByteString;
  /** Undefined for a copy. */
  linkText: ByteString | undefined;
}

class Planner {
  readonly plan: PropagationPlan = { operations: [], assets: [], conflicts: [], findings: [], faults: [] };
  readonly #system: System;
  readonly #ignoredPaths: ReadonlySet<string>;
  readonly #prepared: ReadonlySet<ByteString>;
  readonly #owners = new Map<ByteString, Owner>();
  /** Directories that are there or planned, and the image that needs them first. */
  readonly #directories = new Map<ByteString, string>();

  constructor(system: System, options: PropagationOptions) {
    this.#system = system;
    this.#ignoredPaths = options.ignoredPaths ?? new Set();
    this.#prepared = options.preparedDirectories ?? new Set();
  }

  add(image: string, asset: Asset): void {
    const tree = getTreePath(this.#system.settings, image);
    const from = asset.source === "/" ? tree : joinPath(tree, asset.source);
    const target = encodePath(
      getTargetDir(asset.kind, this.#system.settings.paths),
    );
    const path = joinPath(target, asset.target);
    // A program is linked to; a symlink among units keeps its text; all else is copied.
    const linkText = asset.kind === "bin" ? from : asset.linkText;
    if (asset.isDirectory) return this.#addEmptyDirectory(image, asset, { from, target, path });
    const owner = this.#owners.get(path);
    // An identical symlink, or the same file named twice, is as good as the one before.
    if (owner !== undefined && (linkText === undefined ? owner.from === from : owner.linkText === linkText)) {
      return;
    }
    this.#checkTarget(target);
    const kept = this.#findHolder(target, { path, linkText });
    const place: ReportPlace = { image, kind: asset.kind, from: decodePath(from), to: decodePath(path) };
    if (kept === "same") return;
    if (kept !== undefined) {
      this.plan.conflicts.push({ ...place, kept });
      return;
    }
    this.#owners.set(path, { image, from, linkText });
    this.#addDirectories(splitPath(path).parent, image);
    const names = encodeAssetNames({ from, to: path, linkText });
    if (linkText !== undefined) {
      this.plan.operations.push({ kind: "link", image, target: linkText, path });
      this.plan.assets.push({ ...place, ...names, mode: null, digest: null, is_directory: false });
      return;
    }
    const mode = (asset.mode & EXECUTABLE_BY_ANYONE) === 0 ? FILE_MODE : PROGRAM_MODE;
    this.plan.operations.push({ kind: "copy", image, from, path, mode });
    this.plan.assets.push({ ...place, ...names, mode: formatMode(mode), digest: null, is_directory: false });
  }

  /** A directory that is there, or that another one needs, is as good as the image's. */
  #addEmptyDirectory(
    image: string,
    { kind }: Asset,
    { from, target, path }: { from: ByteString; target: ByteString; path: ByteString },
  ): void {
    if (this.#directories.has(path) || this.#prepared.has(path)) return;
    this.#checkTarget(target);
    const place: ReportPlace = { image, kind, from: decodePath(from), to: decodePath(path) };
    const kept = this.#findHolder(target, { path, linkText: undefined });
    if (kept === SYSTEM && this.#system.root.findLstat(path)?.type === "directory") return;
    if (kept !== undefined) {
      this.plan.conflicts.push({ ...place, kept });
      return;
    }
    this.#addDirectories(splitPath(path).parent, image);
    this.#directories.set(path, image);
    this.plan.operations.push({ kind: "make_dir", path, isOptional: false });
    this.plan.assets.push({
      ...place,
      ...encodeAssetNames({ from, to: path, linkText: undefined }),
      mode: formatMode(DIRECTORY_MODE),
      digest: null,
      is_directory: true,
    });
  }

  /**
   * Checks that a target directory is one, or can be made. What the system has on the way to it is
   * followed: that is where units are read from.
   */
  #checkTarget(target: ByteString): void {
    if (this.#directories.has(target)) return;
    const obstacle = findObstacle(this.#system.root, target);
    if (obstacle === undefined) return;
    const path = quote(decodePath(obstacle.path));
    throw new TorcxError(
      "failed",
      `Cannot propagate into ${quote(decodePath(target))}: ${path} is ${obstacle.state}`,
      { hint: `Remove ${path}` },
    );
  }

  /** Returns who has the place of a file or a directory on the way to it, `same` for a link as wanted. */
  #findHolder(
    target: ByteString,
    { path, linkText }: { path: ByteString; linkText: ByteString | undefined },
  ): string | undefined {
    for (const directory of listPrefixes(path)) {
      if (directory.length <= target.length || directory === path) continue;
      const owner = this.#owners.get(directory);
      if (owner !== undefined) return `image ${quote(owner.image)}`;
      if (this.#directories.has(directory)) continue;
      const stat = this.#system.root.findLstat(directory);
      // A symlink to a directory is none: what is put below it would land elsewhere.
      if (stat !== undefined && stat.type !== "directory" && !this.#isIgnored(directory)) return SYSTEM;
    }
    const image = this.#owners.get(path)?.image ?? this.#directories.get(path);
    if (image !== undefined) return `image ${quote(image)}`;
    if (this.#prepared.has(path)) return SYSTEM;
    const stat = this.#system.root.findLstat(path);
    if (stat === undefined || this.#isIgnored(path)) return undefined;
    const isSame = stat.type === "symlink" && linkText !== undefined &&
      this.#system.root.readLink(path) === linkText;
    return isSame ? "same" : SYSTEM;
  }

  /** Returns whether all that is there is gone at the next boot, which is what is planned. */
  #isIgnored(path: ByteString): boolean {
    if (this.#ignoredPaths.size === 0) return false;
    if (this.#ignoredPaths.has(decodePath(path))) return true;
    if (this.#system.root.lstat(path).type !== "directory") return false;
    const entries = this.#system.root.readDir(path);
    return entries.length > 0 && entries.every(({ name }) => this.#isIgnored(joinPath(path, name)));
  }

  #addDirectories(path: ByteString, image: string): void {
    if (this.#directories.has(path)) return;
    for (const missing of listMissingDirectories(this.#system.root, path)) {
      if (this.#directories.has(missing) || this.#prepared.has(missing)) continue;
      this.#directories.set(missing, image);
      this.plan.operations.push({ kind: "make_dir", path: missing, isOptional: false });
    }
    this.#directories.set(path, image);
  }
}
