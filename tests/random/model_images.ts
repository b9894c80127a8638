/**
 * Owns the contract's words on one image, as a model: where its manifest is, and which of its files are assets. All
 * is resolved inside the image, as if it were `/`. It is written from the contract, not from the program.
 */

import { type Kind, KINDS, type ManifestLists } from "./documents.ts";
import { type FileTree, type Found, joinNames, type ThoughtNode } from "./file_tree.ts";
import { cleanPath, Refusal } from "./model_settings.ts";

/** A file of an image and its place below the target directory of its kind. */
export interface ModelAsset {
  kind: Kind;
  /** Path in the image. */
  source: string;
  target: string;
  node: ThoughtNode;
}

const MANIFEST = "/.torcx/manifest.json";

/**
 * Lists the assets of an image.
 *
 * @throws {Refusal} if its manifest cannot be used, or an entry other than a program is missing.
 */
export function listAssets(image: FileTree, imageName: string): ModelAsset[] {
  const lists = readManifest(image);
  const assets = KINDS.flatMap((kind) =>
    (lists[kind] ?? []).flatMap((entry) => listEntry(image, kind, { entry, imageName }))
  );
  // What is listed twice is there once.
  const known = new Map(assets.map((asset) => [`${asset.kind} ${asset.target} ${asset.source}`, asset]));
  return [...known.values()];
}

function readManifest(image: FileTree): ManifestLists {
  const found = image.lookUp(MANIFEST);
  if (found === "ENOENT" || found === "ENOTDIR") {
    // What is there and leads nowhere was meant to be one.
    for (const path of ["/.torcx", MANIFEST]) {
      const link = image.lookUp(path, { isLastKept: true });
      if (
        typeof link !== "string" && link.node.type === "symlink" && typeof image.lookUp(path) === "string"
      ) {
        throw new Refusal(`${path} leads nowhere`);
      }
    }
    return {};
  }
  const meaning = found === "ELOOP" || found.node.type !== "file" ? undefined : found.node.meaning;
  if (meaning?.as !== "manifest" || meaning.lists === undefined) throw new Refusal("no usable manifest");
  return meaning.lists;
}

function listEntry(
  image: FileTree,
  kind: Kind,
  { entry, imageName }: { entry: string; imageName: string },
): ModelAsset[] {
  if (entry === "") return [];
  const found = findEntry(image, kind, entry);
  if (found === undefined) {
    if (kind === "bin") return [];
    throw new Refusal(`no ${entry}`);
  }
  const { path, node } = found;
  if (kind === "bin") return listPrograms(image, found);
  // The image's root lies in a directory of the image's name.
  const target = path === "/" ? imageName : getName(path);
  if (node.type !== "directory") return isAsset(node) ? [{ kind, source: path, target, node }] : [];
  const children = image.list(path).map((name): ModelAsset => {
    const source = joinNames(path, name);
    return { kind, source, target: joinNames(target, name), node: image.get(source)! };
  });
  const files = children.filter((child) => isAsset(child.node));
  // A directory without files is made all the same.
  return files.length > 0 ? files : [{ kind, source: path, target, node }];
}

/**
 * Resolves the way to an entry, which is joined to the image's root by its text; its last component stays, but a
 * symlink to a directory of programs.
 */
function findEntry(image: FileTree, kind: Kind, entry: string): Found | undefined {
  const path = cleanPath(`/${entry}`);
  const kept = image.lookUp(path, { isLastKept: true });
  if (typeof kept === "string") return undefined;
  if (kind !== "bin" || kept.node.type !== "symlink") return kept;
  const real = image.lookUp(path);
  return typeof real === "string" || real.node.type !== "directory" ? kept : real;
}

/** A program, or those below a directory in the order of a lexical walk. */
function listPrograms(image: FileTree, { path, node }: Found): ModelAsset[] {
  if (node.type === "directory") {
    return image.list(path).flatMap((name) => {
      const child = joinNames(path, name);
      return listPrograms(image, { path: child, node: image.get(child)! });
    });
  }
  if (node.type === "file") return [{ kind: "bin", source: path, target: getName(path), node }];
  if (node.type !== "symlink") return [];
  const real = image.lookUp(path);
  if (typeof real === "string") return [];
  // The host follows the link: where that leads elsewhere, the link must name what the image means.
  const seen = image.lookUp(path, { isBeneath: true });
  const source = typeof seen !== "string" && seen.path === real.path ? path : real.path;
  return [{ kind: "bin", source, target: getName(path), node }];
}

function isAsset(node: ThoughtNode): boolean {
  return node.type === "file" || node.type === "symlink";
}

function getName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
