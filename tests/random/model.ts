/**
 * Owns what the contract says of a whole boot, as a model: what is applied, where each asset goes, what is kept, and
 * whether the system is sealed. It is written from the contract, not from the program.
 */

import type { Kind } from "./documents.ts";
import { type FileTree, joinNames, type ThoughtNode } from "./file_tree.ts";
import { listAssets, type ModelAsset } from "./model_images.ts";
import { type ListedAssets, UnitLinks } from "./model_links.ts";
import { type MergedImage, type ModelSelection, selectProfiles } from "./model_profiles.ts";
import { type ModelSettings, readSettings, Refusal } from "./model_settings.ts";
import { indexStores, type ModelArchive } from "./model_stores.ts";
import type { ThoughtSystem } from "./systems.ts";

/** A file of an image and its place. */
export interface ModelPlace {
  image: string;
  kind: Kind;
  from: string;
  to: string;
}

/** A file that came, and how: `link TARGET`, `copy MODE`, `directory MODE`. */
export interface PlacedAsset extends ModelPlace {
  how: string;
}

/** A file that did not come, and who has its place. */
export interface ModelConflict extends ModelPlace {
  kept: string;
}

/** What the contract says of a boot. */
export interface ModelBoot {
  /** Why nothing is looked at: settings or profiles cannot be used. */
  refusal: string | undefined;
  selection: ModelSelection | undefined;
  settings: ModelSettings | undefined;
  /** Every image with its archive. */
  images: { image: MergedImage; archive: ModelArchive | undefined; fault: string | undefined }[];
  assets: PlacedAsset[];
  conflicts: ModelConflict[];
  /** The system as it is after the boot, but for the trees and the records. */
  after: FileTree | undefined;
  isSealed: boolean;
}

/** Target directories of all kinds but programs. */
const TARGET_DIRS: Record<Exclude<Kind, "bin">, string> = {
  network: "/run/systemd/network",
  units: "/run/systemd/system",
  sysusers: "/run/sysusers.d",
  tmpfiles: "/run/tmpfiles.d",
  udev_rules: "/run/udev/rules.d",
};

/** Of which boot is asked. */
export interface ModelOptions {
  /** With the profile of the kernel command line, which is this boot's alone. */
  isThisBoot: boolean;
  /** With the versioned stores of this OS version. */
  osVersion?: string;
}

/** Says what a boot comes to. */
export function modelBoot(system: ThoughtSystem, { isThisBoot, ...options }: ModelOptions): ModelBoot {
  const boot: ModelBoot = {
    refusal: undefined,
    selection: undefined,
    settings: undefined,
    images: [],
    assets: [],
    conflicts: [],
    after: undefined,
    isSealed: false,
  };
  try {
    boot.settings = readSettings(system, options);
    boot.selection = selectProfiles(system.tree, boot.settings, { isThisBoot });
    const archives = indexStores(system.tree, boot.settings);
    boot.images = boot.selection.images.map((image) => ({
      image,
      archive: archives.get(`${image.name}:${image.reference}`),
      fault: undefined,
    }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...boot, refusal: error.message };
  }
  const propagation = new Propagation(system.tree, boot.settings);
  if (!propagation.isPrepared) return { ...boot, refusal: "what has a directory's place is none" };
  const attempt = (entry: ModelBoot["images"][number], act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      entry.fault = error.message;
    }
  };
  const listed: { entry: ModelBoot["images"][number]; image: ListedAssets }[] = [];
  for (const entry of boot.images) {
    attempt(entry, () => {
      const tree = openArchive(system.tree, entry.archive);
      const { name } = entry.image;
      const treePath = `${boot.settings!.runDir}/unpack/${name}`;
      listed.push({ entry, image: { name, tree, treePath, assets: listAssets(tree, name) } });
    });
  }
  // What the images bring together is known before the first of it is placed: a unit's link may lead to another's.
  const links = new UnitLinks(system.tree, listed.map(({ image }) => image));
  for (const { entry, image } of listed) attempt(entry, () => propagation.add(image, links));
  const { assets, conflicts, after } = propagation;
  return {
    ...boot,
    assets,
    conflicts,
    after,
    isSealed: boot.images.every(({ fault }) => fault === undefined),
  };
}

/**
 * Returns the tree in an archive.
 *
 * @throws {Refusal} if there is none.
 */
export function openArchive(tree: FileTree, archive: ModelArchive | undefined): FileTree {
  const found = archive === undefined ? "ENOENT" : tree.lookUp(archive.path);
  if (typeof found === "string" || found.node.type !== "file") throw new Refusal("no archive");
  const { meaning } = found.node;
  if (meaning?.as !== "archive" || meaning.image === undefined) {
    throw new Refusal("no archive, by its content");
  }
  // A tgz is unpacked without its devices, a squashfs is as it is.
  return meaning.format === "tgz" ? meaning.image.withoutDevices() : meaning.image;
}

/** Puts assets where they go, one after the other: the first one wins. */
class Propagation {
  readonly assets: PlacedAsset[] = [];
  readonly conflicts: ModelConflict[] = [];
  readonly after: FileTree;
  /** Whether the directories that every run needs are there or could be made. */
  readonly isPrepared: boolean;
  readonly #settings: ModelSettings;
  /** Who put what is at a path. */
  readonly #owners = new Map<string, { image: string; source: string }>();

  constructor(tree: FileTree, settings: ModelSettings) {
    this.after = tree.clone();
    this.#settings = settings;
    const { runDir, baseDir, confDir } = settings;
    const needed = [runDir, `${runDir}/bin`, `${runDir}/unpack`, "/run/metadata"];
    this.isPrepared = needed.every((path) => this.#makeDirectories(path));
    // A read-only /etc or /var is no reason to boot without addons: these are made if they can be.
    for (const path of [baseDir, confDir, `${confDir}/profiles`]) this.#makeDirectories(path);
  }

  /**
   * Propagates all assets of an image.
   *
   * @throws {Refusal} if it cannot be.
   */
  add(image: ListedAssets, links: UnitLinks): void {
    for (const asset of image.assets) {
      this.#place(image.name, { ...asset, node: links.getNode(image, asset) });
    }
  }

  /** Makes a directory and its parents, symlinks followed; false if something else is there. */
  #makeDirectories(path: string): boolean {
    const names = path.split("/").slice(1);
    let at = "/";
    for (const name of names) {
      const next = joinNames(at, name);
      const found = this.after.lookUp(next);
      if (typeof found !== "string") {
        if (found.node.type !== "directory") return false;
        at = found.path;
      } else if (!this.after.put(next, { type: "directory" })) return false;
      else at = next;
    }
    return true;
  }

  #place(image: string, { kind, source, target, node }: ModelAsset): void {
    const { runDir } = this.#settings;
    const top = kind === "bin" ? `${runDir}/bin` : TARGET_DIRS[kind];
    const from = `${runDir}/unpack/${image}${source === "/" ? "" : source}`;
    const to = `${top}/${target}`;
    const wanted = makeWanted(kind, from, node);
    if (!this.#makeDirectories(top)) throw new Refusal(`${top} is no directory`);
    const real = this.after.lookUp(top);
    if (typeof real === "string") throw new Refusal(`${top} cannot be made`);
    const path = `${real.path}/${target}`;
    const holder = this.#findHolder(path, real.path);
    if (holder === undefined) {
      const parent = path.slice(0, path.lastIndexOf("/"));
      if (this.after.get(parent) === undefined) this.#owners.set(parent, { image, source: "" });
      this.after.put(path, wanted);
      this.#owners.set(path, { image, source: from });
      this.assets.push({ image, kind, from, to, how: describeWanted(wanted) });
      return;
    }
    const there = this.after.get(path);
    if (wanted.type === "directory" && there?.type === "directory") return;
    if (wanted.type === "symlink" && there?.type === "symlink" && there.target === wanted.target) return;
    const owner = this.#owners.get(path);
    if (wanted.type === "file" && there?.type === "file" && owner?.source === from) return;
    this.conflicts.push({ image, kind, from, to, kept: holder });
  }

  /** Who has the place of a file, or that of a directory on the way to it. */
  #findHolder(path: string, top: string): string | undefined {
    const directory = path.slice(0, path.lastIndexOf("/"));
    const places = directory === top ? [path] : [directory, path];
    for (const place of places) {
      const node = this.after.get(place);
      if (node === undefined || (place === directory && node.type === "directory")) continue;
      const owner = this.#owners.get(place);
      return owner === undefined ? "the system" : `image "${owner.image}"`;
    }
    return undefined;
  }
}

/** What stands in the asset's place: a link to a program, the same link, a copy that is root's, whatever its mode was. */
function makeWanted(kind: Kind, from: string, node: ThoughtNode): ThoughtNode {
  if (kind === "bin") return { type: "symlink", target: from };
  if (node.type === "directory") return { type: "directory" };
  if (node.type !== "file") return node;
  return { type: "file", text: node.text, mode: ((node.mode ?? 0o644) & 0o111) === 0 ? 0o644 : 0o755 };
}

function describeWanted(node: ThoughtNode): string {
  switch (node.type) {
    case "symlink":
      return `link ${node.target}`;
    case "file":
      return `copy 0${node.mode!.toString(8)}`;
    case "directory":
      return "directory 0755";
    case "fifo":
    case "device":
      throw new TypeError(`a ${node.type} is no asset`);
    default:
      return node satisfies never;
  }
}
