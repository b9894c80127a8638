/**
 * Owns the contract's words on profiles, as a model: which ones count, the one that is selected, and their merge.
 * It is written from the contract, not from the program.
 */

import type { ListedImage } from "./documents.ts";
import { type FileTree, joinNames } from "./file_tree.ts";
import { type ModelSettings, readFile, Refusal } from "./model_settings.ts";

/** An image of the merge, and the profile that it comes from. */
export interface MergedImage extends ListedImage {
  profile: string;
}

/** The profiles of a boot. */
export interface ModelSelection {
  lower: string[];
  upper: string | undefined;
  /** Whether a profile was selected that is none. */
  isUpperMissing: boolean;
  images: MergedImage[];
}

/** How {@linkcode selectProfiles} selects. */
export interface SelectOptions {
  /** Whether this boot's kernel command line counts. */
  isThisBoot: boolean;
}

/**
 * Selects and merges.
 *
 * @throws {Refusal} if a profile that counts cannot be read.
 */
export function selectProfiles(
  tree: FileTree,
  settings: ModelSettings,
  { isThisBoot }: SelectOptions,
): ModelSelection {
  const profiles = listProfiles(tree, settings);
  const lower = [pickVendor(tree, settings, profiles), "oem"].filter((name) => profiles.has(name));
  const asked = isThisBoot ? settings.kernelProfile : undefined;
  const selected = asked ?? readSelector(tree, settings);
  const upper = selected !== undefined && profiles.has(selected) ? selected : undefined;
  const merged = new Map<string, MergedImage>();
  for (const profile of upper === undefined ? lower : [...lower, upper]) {
    for (const image of readProfile(tree, profiles.get(profile)!)) {
      merged.delete(image.name);
      if (image.reference !== "") merged.set(image.name, { ...image, profile });
    }
  }
  return {
    lower,
    upper,
    isUpperMissing: selected !== undefined && upper === undefined,
    images: [...merged.values()],
  };
}

/** Lists the paths of all profiles by name. */
export function listProfiles(tree: FileTree, { profileDirs }: ModelSettings): Map<string, string> {
  const profiles = new Map<string, string>();
  for (const directory of profileDirs) {
    for (const file of listFiles(tree, directory, [".json"])) {
      const name = file.slice(0, -".json".length);
      if (/^[A-Za-z0-9._-]{1,512}$/.test(name) && name !== "." && name !== "..") {
        profiles.set(name, joinNames(directory, file));
      }
    }
  }
  return profiles;
}

/**
 * Lists the files of a directory with one of the suffixes: regular ones, and symlinks that end at one.
 *
 * @throws {Refusal} if the directory or one of them is there and cannot be read.
 */
export function listFiles(tree: FileTree, directory: string, suffixes: readonly string[]): string[] {
  const found = tree.lookUp(directory);
  if (found === "ELOOP") throw new Refusal(`${directory} is unreadable`);
  if (typeof found === "string" || found.node.type !== "directory") return [];
  return tree.list(found.path).filter((name) => suffixes.some((suffix) => name.endsWith(suffix))).filter(
    (name) => {
      const file = tree.lookUp(joinNames(found.path, name));
      if (file === "ELOOP") throw new Refusal(`${name} is unreadable`);
      return typeof file !== "string" && file.node.type === "file";
    },
  );
}

function pickVendor(
  tree: FileTree,
  { confDir }: ModelSettings,
  profiles: ReadonlyMap<string, string>,
): string {
  const found = tree.lookUp(`${confDir.slice(0, confDir.lastIndexOf("/"))}/coreos/docker-1.12`);
  if (typeof found === "string" || found.node.type !== "file") return "vendor";
  const name = `docker-1.12-${found.node.text.trim()}`;
  return ["docker-1.12-yes", "docker-1.12-no"].includes(name) && profiles.has(name) ? name : "vendor";
}

/** The profile that the selector names, if it is one. */
export function readNext(
  tree: FileTree,
  settings: ModelSettings,
  profiles: ReadonlyMap<string, string>,
): string | undefined {
  const name = readSelector(tree, settings);
  return name !== undefined && profiles.has(name) ? name : undefined;
}

/** The text of the selector; undefined if there is none. */
function readSelector(tree: FileTree, { confDir }: ModelSettings): string | undefined {
  const text = readFile(tree, `${confDir}/next-profile`)?.text;
  if (text !== undefined) return text.trim().replace(/\.json$/, "");
  // A symlink to nothing was meant to be one.
  return typeof tree.lookUp(`${confDir}/next-profile`, { isLastKept: true }) === "string" ? undefined : "";
}

/**
 * Reads a profile.
 *
 * @throws {Refusal} if it is none.
 */
export function readProfile(
  tree: FileTree,
  path: string,
  { isCommandLine = false }: { isCommandLine?: boolean } = {},
): ListedImage[] {
  const { text, meaning } = readFile(tree, path)!;
  if (meaning?.as === "profile" && meaning.images !== undefined) return meaning.images;
  // A profile of zero bytes is an empty one at boot; somebody who asks for it is told.
  if (meaning === undefined && text.trim() === "" && !isCommandLine) return [];
  throw new Refusal(`${path} is no profile`);
}
