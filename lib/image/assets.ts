/**
 * Owns the look into an image's tree: its manifest, and which files each entry of the manifest means.
 * Everything is resolved inside the image, as if it were `/`. It changes nothing; `apply` plans from it.
 */

import { resolve } from "@std/path/posix/resolve";
import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { ASSET_KINDS, type AssetKind } from "../manifest/asset_kinds.ts";
import {
  createEmptyImageManifest,
  IMAGE_MANIFEST_PATH,
  type ImageManifest,
  parseImageManifest,
} from "../manifest/image.ts";
import { formatImage } from "../manifest/names.ts";
import { O_PATH } from "../sys/flags.ts";
import type { Root } from "../sys/root.ts";
import type { Wish } from "./complete_files.ts";
import type { Oddity } from "./findings/finding.ts";

/** What has to be there of an image before its manifest is read. */
export const MANIFEST_WISH: Wish = { path: encodePath(IMAGE_MANIFEST_PATH), isHeadEnough: false };

/** One file, or directory without files, of an image that is to be propagated. */
export interface Asset {
  kind: AssetKind;
  /** A directory is made, and nothing in it: what is in it are assets of their own. */
  isDirectory: boolean;
  /** Its real path inside the image, no symlink on the way. */
  source: ByteString;
  /** Where it goes below the kind's target directory: `docker.service`, `docker.service.d/10.conf`. */
  target: ByteString;
  /** The text of a symlink that is recreated; undefined for a file (or anything linked from the bin dir). */
  linkText: ByteString | undefined;
  /** Permission bits of the file. */
  mode: number;
}

/** The assets of an image, in the manifest's order, what was left out, and what is odd in the manifest. */
export interface AssetList {
  assets: Asset[];
  oddities: Oddity[];
}

/**
 * Lists the assets of an image's tree, as boot and rehearsal do.
 *
 * @throws {TorcxError} as {@linkcode readImageManifest} and {@linkcode listAssets}.
 */
export function readImageAssets(tree: Root, image: { name: string; reference: string }): AssetList {
  return listAssets(tree, readImageManifest(tree, formatImage(image)), { imageName: image.name });
}

/**
 * Reads the manifest of an image; without one there is nothing to propagate.
 *
 * @param name the image's name, for messages.
 * @throws {TorcxError} `invalid` if it has a wrong kind or shape or is no regular file.
 */
export function readImageManifest(image: Root, name: string): ImageManifest {
  const source = `${name}:${IMAGE_MANIFEST_PATH}`;
  const path = encodePath(IMAGE_MANIFEST_PATH);
  try {
    return parseImageManifest(image.readFile(path), source);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
    // What is there and leads nowhere was meant to be a manifest.
    const link = [splitPath(path).parent, path].find((item) =>
      image.findLstat(item)?.type === "symlink" && image.findStat(item) === undefined
    );
    if (link === undefined) return createEmptyImageManifest();
    throw new TorcxError(
      "invalid",
      `Cannot read ${quote(source)}: ${quote(decodePath(link))} is a symlink to ${
        quote(decodePath(image.readLink(link)))
      }, which is not in the image`,
      { cause: error },
    );
  }
}

/** Options of {@linkcode listAssets}. */
export interface ListAssetsOptions {
  /** The image's name: the directory that the image's root lands as. */
  imageName: string;
}

/**
 * Lists what a manifest asks for; what it asks for twice is there once.
 *
 * @throws {TorcxError} `not_found` if an entry other than a program does not exist in the image.
 */
export function listAssets(image: Root, manifest: ImageManifest, options: ListAssetsOptions): AssetList {
  const list: AssetList = { assets: [], oddities: [...manifest.warnings] };
  const rootName = encodePath(options.imageName);
  for (const kind of ASSET_KINDS) {
    for (const entry of manifest.assets[kind]) addEntry(image, { kind, entry, list, rootName });
  }
  const known = new Map(list.assets.map((asset) => [`${asset.kind} ${asset.target}/${asset.source}`, asset]));
  return { ...list, assets: [...known.values()] };
}

/** An entry of the manifest, what it is added to, and the name of the image's root as a directory. */
interface EntryOptions {
  kind: AssetKind;
  entry: string;
  list: AssetList;
  rootName: ByteString;
}

function addEntry(
  image: Root,
  { kind, entry, list, rootName }: EntryOptions,
): void {
  const shown = `${kind} asset ${quote(entry)}`;
  // By its text, as the first torcx joined it to the image's root: "/x/../a" and "/a/" are "/a".
  const path = encodePath(resolve("/", entry));
  const real = findEntry(image, { kind, path });
  if (real === undefined) {
    if (kind !== "bin") {
      throw new TorcxError("not_found", `Cannot propagate ${shown}: the image has no such file`, {
        hint: "Correct the image's /.torcx/manifest.json, or add the file to the image",
      });
    }
    list.oddities.push({ code: "missing-program", path, message: `${shown} is missing in the image` });
    return;
  }
  if (kind === "bin") return addPrograms(image, { top: real, list });
  const { type, mode } = image.lstat(real);
  if (type !== "directory") return addFile(image, { kind, path: real, target: lastName(real), list });
  const directory = real === "/" ? rootName : lastName(real);
  const before = list.assets.length;
  for (const { name } of image.readDir(real)) {
    const child = joinPath(real, name);
    if (image.lstat(child).type === "directory") {
      const message = `${kind} directory ${quote(decodePath(child))} is not followed`;
      list.oddities.push({ code: "directory-not-followed", path: child, message });
    } else addFile(image, { kind, path: child, target: joinPath(directory, name), list });
  }
  if (list.assets.length > before) return;
  list.assets.push({ kind, isDirectory: true, source: real, target: directory, linkText: undefined, mode });
}

/**
 * Resolves an entry's parents, and the last component where it is a program's and leads to a directory:
 * `/bin` may be a symlink to one. Any other symlink is an asset of its own and stays unresolved.
 */
function findEntry(
  image: Root,
  { kind, path }: { kind: AssetKind; path: ByteString },
): ByteString | undefined {
  const { parent, name } = splitPath(path);
  if (name === "") return path;
  const directory = findRealPath(image, parent === "" ? encodePath("/") : parent);
  if (directory === undefined) return undefined;
  const whole = joinPath(directory, name);
  const stat = image.findLstat(whole);
  if (stat === undefined) return undefined;
  if (stat.type !== "symlink" || kind !== "bin") return whole;
  const real = findRealPath(image, whole);
  return real !== undefined && image.lstat(real).type === "directory" ? real : whole;
}

/**
 * Adds a program, or all of a directory: subdirectories where their names come, symlinks not followed. Of two
 * of one name the first on the way wins.
 */
function addPrograms(image: Root, { top, list }: { top: ByteString; list: AssetList }): void {
  const pending = [top];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (image.lstat(path).type !== "directory") {
      addFile(image, { kind: "bin", path, target: lastName(path), list });
    } else for (const { name } of image.readDir(path).reverse()) pending.push(joinPath(path, name));
  }
}

function addFile(
  image: Root,
  { kind, path, target, list }: { kind: AssetKind; path: ByteString; target: ByteString; list: AssetList },
): void {
  const stat = image.lstat(path);
  const shown = `${kind} asset ${quote(decodePath(path))}`;
  if (stat.type === "symlink" && kind === "bin") {
    const source = findProgram(image, path);
    if (source === undefined) {
      const message = `${shown} is a symlink to nothing in the image`;
      list.oddities.push({ code: "dangling-program", path, message });
      return;
    }
    list.assets.push({ kind, isDirectory: false, source, target, linkText: undefined, mode: stat.mode });
  } else if (stat.type === "symlink") {
    list.assets.push({
      kind,
      isDirectory: false,
      source: path,
      target,
      linkText: image.readLink(path),
      mode: stat.mode,
    });
  } else if (stat.type === "file") {
    list.assets.push({
      kind,
      isDirectory: false,
      source: path,
      target,
      linkText: undefined,
      mode: stat.mode,
    });
  } else {
    const message = `${shown} is skipped: it is a ${stat.type}, not a regular file or symlink`;
    list.oddities.push({ code: "not-a-file", path, message });
  }
}

/**
 * Returns the path that a program's link may name: that of the symlink itself where the host follows
 * it to the same place as the image would, else the file that the image means.
 */
function findProgram(image: Root, path: ByteString): ByteString | undefined {
  const real = findRealPath(image, path);
  return real !== undefined && staysInside(image, path) ? path : real;
}

/** As the kernel, path_resolution(7). */
const SYMLINKS_MAX = 40;

/**
 * Returns whether a path that leads somewhere in the image does so for the host too, which follows it from the
 * unpack dir: without an absolute symlink, and with no `..` out of the image on the way.
 */
function staysInside(image: Root, path: ByteString): boolean {
  const split = (text: ByteString): ByteString[] => text.split("/").reverse() as ByteString[];
  const pending = split(path);
  const found: ByteString[] = [];
  let symlinks = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (found.pop() === undefined) return false;
      continue;
    }
    const here = `/${[...found, name].join("/")}` as ByteString;
    if (image.lstat(here).type !== "symlink") {
      found.push(name);
      continue;
    }
    const text = image.readLink(here);
    if (text.startsWith("/") || ++symlinks > SYMLINKS_MAX) return false;
    pending.push(...split(text));
  }
  return true;
}

/** Returns the path inside the image that a path leads to, all symlinks resolved; undefined if nowhere. */
export function findRealPath(image: Root, path: ByteString): ByteString | undefined {
  let isThere = false;
  try {
    return image.withOpen(path, O_PATH, (fd) => {
      isThere = true;
      return image.readPathOf(fd);
    });
  } catch (error) {
    if (!isThere && isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}

function lastName(path: ByteString): ByteString {
  return splitPath(path).name;
}
