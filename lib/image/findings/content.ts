/**
 * Owns what a tree tells while it is there: what is odd about its manifest, directories and programs, and what its
 * units ask for. What depends on other images and on where things go is `units.ts`'s. It changes nothing.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../../bytes.ts";
import { quote, TorcxError } from "../../errors.ts";
import { ASSET_KIND_TABLE, type AssetKind } from "../../manifest/asset_kinds.ts";
import { IMAGE_MANIFEST_PATH } from "../../manifest/image.ts";
import { formatMode } from "../../sys/file_stat.ts";
import type { Root } from "../../sys/root.ts";
import { type Asset, type AssetList, findRealPath } from "../assets.ts";
import { limitOddities, type Oddity } from "./finding.ts";
import type { ProgramHost } from "./program_host.ts";
import { checkPrograms } from "./programs.ts";
import { parseUnitFile, type UnitFile } from "./unit_file.ts";

/** What a tree tells. */
export interface ImageContent {
  assets: Asset[];
  oddities: Oddity[];
  /** Where the symlinks among the units lead in the image, by their paths; those that lead nowhere are not in it. */
  links: ReadonlyMap<ByteString, ByteString>;
  /** The unit files by their paths. */
  units: ReadonlyMap<ByteString, UnitFile>;
}

/** The content of an image that has no tree. */
export const EMPTY_CONTENT: ImageContent = { assets: [], oddities: [], links: new Map(), units: new Map() };

/** Directories in which systemd reads below the kind's own one (systemd.unit(5), systemd.network(5)). */
const READ_DIRECTORIES: Partial<Record<AssetKind, RegExp>> = {
  units: /\.(?:d|wants|requires|upholds)$/,
  network: /\.(?:network|netdev|link)\.d$/,
};
const WRITABLE_BY_OTHERS = 0o022;
/** Names that a hint gives. */
const HINT_NAMES_MAX = 5;

/** What a tree is looked into for. */
export interface LookOptions {
  /** What is propagated of it. */
  list: AssetList;
  host: ProgramHost;
}

/** Looks into a tree. */
export function lookIntoTree(tree: Root, { list, host }: LookOptions): ImageContent {
  const oddities: Oddity[] = [...list.oddities];
  const onOddity = (oddity: Oddity): void => void oddities.push(oddity);
  const { assets } = list;
  if (assets.length === 0) onOddity(describeNothing(tree));
  describeDirectories(tree, assets).forEach(onOddity);
  describeWritable(assets).forEach(onOddity);
  checkPrograms(tree, { assets, host, onOddity });
  const links = new Map<ByteString, ByteString>();
  const units = new Map<ByteString, UnitFile>();
  for (const { kind, source, target, linkText, isDirectory } of assets) {
    if (kind !== "units" || isDirectory) continue;
    if (linkText !== undefined) {
      const real = findRealPath(tree, source);
      if (real !== undefined) links.set(source, real);
    } else if (!target.includes("/")) {
      const text = findText(tree, source);
      if (text !== undefined) units.set(source, parseUnitFile(text, decodePath(target)));
    }
  }
  return { assets, oddities: limitOddities(oddities), links, units };
}

/** Says why nothing is propagated. */
function describeNothing(tree: Root): Oddity {
  const path = encodePath(IMAGE_MANIFEST_PATH);
  if (tree.findLstat(path) !== undefined) {
    return { code: "nothing-propagated", path, message: `nothing comes of its ${IMAGE_MANIFEST_PATH}` };
  }
  const names = tree.readDir(encodePath("/")).map(({ name }) => name);
  if (names.length === 0) {
    return {
      code: "no-manifest",
      message: "it is empty",
      hint: "Pack it anew, or take it out of the profile",
    };
  }
  const message = `it has no ${IMAGE_MANIFEST_PATH}, so that nothing of it is propagated`;
  const top = names.find((name) =>
    tree.findLstat(joinPath(joinPath(encodePath("/"), name), path)) !== undefined
  );
  if (top === undefined) return { code: "no-manifest", message };
  const shown = decodePath(top);
  return {
    code: "no-manifest",
    message,
    hint: `Pack the files in ${quote(shown)}, not the directory itself: its manifest is ${
      quote(`${shown}${IMAGE_MANIFEST_PATH}`)
    }`,
  };
}

/** Finds directories that land where nothing is read. */
function describeDirectories(tree: Root, assets: readonly Asset[]): Oddity[] {
  const seen = new Set<ByteString>();
  return assets.flatMap(({ kind, source, target, isDirectory }) => {
    const { targetDir } = ASSET_KIND_TABLE[kind];
    const name = isDirectory ? target : splitPath(target).parent;
    if (targetDir === undefined || name === "" || READ_DIRECTORIES[kind]?.test(name) === true) return [];
    const path = isDirectory ? source : splitPath(source).parent;
    const key = `${kind} ${path}` as ByteString;
    if (seen.has(key)) return [];
    seen.add(key);
    const children = tree.readDir(path === "" ? encodePath("/") : path).map((child) =>
      quote(decodePath(joinPath(path, child.name)))
    );
    const shown = children.slice(0, HINT_NAMES_MAX).join(", ");
    const more = children.length > HINT_NAMES_MAX ? ` and ${children.length - HINT_NAMES_MAX} more` : "";
    return [{
      code: "directory-not-read" as const,
      path,
      message: `${kind} directory ${quote(decodePath(path))} lands as ${
        quote(`${targetDir}/${decodePath(name)}/`)
      }, where nothing is read`,
      ...(children.length === 0 ? {} : { hint: `List what is in it: ${shown}${more}` }),
    }];
  });
}

/** Finds files of which the copies get other modes. */
function describeWritable(assets: readonly Asset[]): Oddity[] {
  return assets.filter(({ kind, linkText, isDirectory, mode }) =>
    kind !== "bin" && linkText === undefined && !isDirectory && (mode & WRITABLE_BY_OTHERS) !== 0
  ).map(({ kind, source, mode }) => ({
    code: "writable-by-others",
    path: source,
    message: `${kind} asset ${quote(decodePath(source))} can be written by others in the image (mode ${
      formatMode(mode)
    }): its copy cannot`,
  }));
}

/** Returns a unit's text; undefined if it is too large for one, or not to be read. */
function findText(tree: Root, path: ByteString): string | undefined {
  try {
    return new TextDecoder().decode(tree.readFile(path));
  } catch (error) {
    // Whoever copies it says so.
    if (error instanceof TorcxError) return undefined;
    throw error;
  }
}
