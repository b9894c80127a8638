/**
 * Owns the look into an image's tree: its manifest, and which files each entry of the manifest means.
 * Everything is resolved inside the image, as if it were `/`. It changes nothing; `apply` plans from it.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { ASSET_KINDS, type AssetKind } from "../manifest/asset_kinds.ts";
import {
  createEmptyImageManifest,
  IMAGE_MANIFEST_PATH,
  type ImageManifest,
  parseImageManifest,
} from "../manifest/image.ts";
import { O_PATH } from "../sys/flags.ts";
import type { Root } from "../sys/root.ts";

/** One file of an image that is to be propagated. */
export interface Asset {
  kind: AssetKind;
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
  warnings: string[];
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

/**
 * Lists what a manifest asks for.
 *
 * @throws {TorcxError} `not_found` if an entry other than a program does not exist in the image.
 */
export function listAssets(image: Root, manifest: ImageManifest): AssetList {
  const list: AssetList = { assets: [], warnings: [...manifest.warnings] };
  for (const kind of ASSET_KINDS) {
    for (const path of manifest.assets[kind]) addEntry(image, kind, encodePath(path), list);
  }
  return list;
}

function addEntry(image: Root, kind: AssetKind, path: ByteString, list: AssetList): void {
  const shown = `${kind} asset ${quote(decodePath(path))}`;
  const real = findEntry(image, kind, path);
  if (real === undefined) {
    if (kind !== "bin") {
      throw new TorcxError("not_found", `Cannot propagate ${shown}: the image has no such file`, {
        hint: "Correct the image's /.torcx/manifest.json, or add the file to the image",
      });
    }
    list.warnings.push(`${shown} is missing in the image`);
    return;
  }
  const stat = image.lstat(real);
  if (stat.type !== "directory") return addFile(image, kind, real, lastName(real), list);
  if (kind === "bin") return addPrograms(image, real, list);
  const directory = lastName(real);
  for (const { name } of image.readDir(real)) {
    const child = joinPath(real, name);
    if (image.lstat(child).type === "directory") {
      list.warnings.push(`${kind} directory ${quote(decodePath(child))} is not followed`);
    } else addFile(image, kind, child, joinPath(directory, name), list);
  }
}

/**
 * Resolves an entry's parents, and its last component where it leads to a directory: `/lib/units` may
 * be a symlink to one. A symlink to a file is an asset of its own and stays unresolved.
 */
function findEntry(image: Root, kind: AssetKind, path: ByteString): ByteString | undefined {
  const { parent, name } = splitPath(path);
  const directory = findRealPath(image, parent === "" ? encodePath("/") : parent);
  if (directory === undefined) return undefined;
  if (name === "" || name === "." || name === "..") return findRealPath(image, path);
  const whole = joinPath(directory, name);
  const stat = image.findLstat(whole);
  if (stat === undefined) return undefined;
  if (stat.type !== "symlink" || (kind !== "bin" && !path.endsWith("/"))) return whole;
  const real = findRealPath(image, whole);
  return real !== undefined && image.lstat(real).type === "directory" ? real : whole;
}

/** Walks a directory of programs, subdirectories included, symlinks not followed. */
function addPrograms(image: Root, top: ByteString, list: AssetList): void {
  const pending = [top];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const directories: ByteString[] = [];
    for (const { name } of image.readDir(path)) {
      const child = joinPath(path, name);
      if (image.lstat(child).type === "directory") directories.push(child);
      else addFile(image, "bin", child, name, list);
    }
    pending.push(...directories.reverse());
  }
}

function addFile(image: Root, kind: AssetKind, path: ByteString, target: ByteString, list: AssetList): void {
  const stat = image.lstat(path);
  const shown = `${kind} asset ${quote(decodePath(path))}`;
  if (stat.type === "symlink" && kind === "bin") {
    const source = findProgram(image, path);
    if (source === undefined) {
      list.warnings.push(`${shown} is a symlink to nothing in the image`);
      return;
    }
    list.assets.push({ kind, source, target, linkText: undefined, mode: stat.mode });
  } else if (stat.type === "symlink") {
    list.assets.push({ kind, source: path, target, linkText: image.readLink(path), mode: stat.mode });
  } else if (stat.type === "file") {
    list.assets.push({ kind, source: path, target, linkText: undefined, mode: stat.mode });
  } else list.warnings.push(`${shown} is skipped: it is a ${stat.type}, not a regular file or symlink`);
}

/**
 * Returns the path that a program's link may name: that of the symlink itself where the host follows
 * it to the same place as the image would, else the file that the image means.
 */
function findProgram(image: Root, path: ByteString): ByteString | undefined {
  const real = findRealPath(image, path);
  if (real === undefined) return undefined;
  const seenByHost = findHostPath(path, image);
  return seenByHost === real ? path : real;
}

/** Follows one symlink as the host would see it from the unpack dir; undefined if it leaves the image. */
function findHostPath(path: ByteString, image: Root): ByteString | undefined {
  const text = image.readLink(path);
  if (text.startsWith("/")) return undefined;
  const names = splitPath(path).parent.split("/").filter((name) => name !== "");
  for (const name of text.split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      if (names.pop() === undefined) return undefined;
    } else names.push(name);
  }
  return `/${names.join("/")}` as ByteString;
}

/** Returns the path inside the image that a path leads to, all symlinks resolved; undefined if nowhere. */
function findRealPath(image: Root, path: ByteString): ByteString | undefined {
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
