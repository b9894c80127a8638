/**
 * Owns the contract's words on stores, as a model: which archive of which store stands for an image. It is written
 * from the contract, not from the program.
 */

import { isImageName, isImageReference } from "./documents.ts";
import { type FileTree, joinNames } from "./file_tree.ts";
import { listFiles } from "./model_profiles.ts";
import type { ModelSettings } from "./model_settings.ts";

/** An archive that stands for an image. */
export interface ModelArchive {
  name: string;
  reference: string;
  format: "tgz" | "squashfs";
  path: string;
}

const SUFFIXES = { tgz: ".torcx.tgz", squashfs: ".torcx.squashfs" } as const;

/** Lists the archives that count, by `NAME:REFERENCE`. */
export function indexStores(
  tree: FileTree,
  { stores }: Pick<ModelSettings, "stores">,
): Map<string, ModelArchive> {
  const archives = new Map<string, ModelArchive>();
  const seen = new Set<string>();
  for (const store of stores) {
    const found = tree.lookUp(store);
    if (typeof found !== "string") {
      if (seen.has(found.path)) continue;
      seen.add(found.path);
    }
    for (const file of listFiles(tree, store, Object.values(SUFFIXES))) {
      const format = file.endsWith(SUFFIXES.tgz) ? "tgz" : "squashfs";
      const image = splitName(file.slice(0, -SUFFIXES[format].length));
      if (!isImageName(image.name) || !isImageReference(image.reference)) continue;
      const key = `${image.name}:${image.reference}`;
      const first = archives.get(key);
      // The first store wins, but a squashfs in any store beats a tgz.
      if (first === undefined || (first.format === "tgz" && format === "squashfs")) {
        archives.set(key, { ...image, format, path: joinNames(store, file) });
      }
    }
  }
  return archives;
}

function splitName(text: string): { name: string; reference: string } {
  const colon = text.lastIndexOf(":");
  if (colon < 0) return { name: text, reference: "com.coreos.cl" };
  return { name: text.slice(0, colon), reference: text.slice(colon + 1) };
}
