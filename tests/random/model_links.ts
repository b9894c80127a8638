/**
 * Owns the contract's words on the links among units, as a model: a text that would dangle in the target directory but
 * resolves inside the image becomes one that works there. It is written from the contract, not from the program.
 */

import type { FileTree, ThoughtNode } from "./file_tree.ts";
import type { ModelAsset } from "./model_images.ts";

/** An image with what it asks for. */
export interface ListedAssets {
  name: string;
  tree: FileTree;
  /** Where its tree is in the system. */
  treePath: string;
  assets: readonly ModelAsset[];
}

const UNITS_DIR = "/run/systemd/system";

/** The links of all images that are applied together. */
export class UnitLinks {
  readonly #host: FileTree;
  /** All that the images bring, with the directories that it is in. */
  readonly #places = new Set<string>();

  constructor(host: FileTree, images: readonly ListedAssets[]) {
    this.#host = host;
    for (const { kind, target } of images.flatMap(({ assets }) => assets)) {
      if (kind !== "units") continue;
      this.#places.add(`${UNITS_DIR}/${target}`);
      if (target.includes("/")) this.#places.add(`${UNITS_DIR}/${getParent(target)}`);
    }
  }

  /** Returns what stands in an asset's place. */
  getNode(image: ListedAssets, { kind, source, target, node }: ModelAsset): ThoughtNode {
    if (kind !== "units" || node.type !== "symlink") return node;
    const place = `${UNITS_DIR}/${target}`;
    if (this.#leadsSomewhere(place, node.target)) return node;
    const found = image.tree.lookUp(source);
    if (typeof found === "string") return node;
    const other = findPlace(image, place, found.path);
    if (other === undefined) {
      return { type: "symlink", target: image.treePath + (found.path === "/" ? "" : found.path) };
    }
    const up = "../".repeat(target.split("/").length - 1);
    return { type: "symlink", target: up + other.slice(UNITS_DIR.length + 1) };
  }

  /** Of what is in /run only the images' own counts: the rest comes and goes with each boot. */
  #leadsSomewhere(place: string, text: string): boolean {
    if (text === "/dev/null") return true;
    const seen = clean(text.startsWith("/") ? text : `${getParent(place)}/${text}`);
    if (seen === place) return false;
    return this.#places.has(seen) ||
      (!seen.startsWith("/run/") && typeof this.#host.lookUp(seen) !== "string");
  }
}

/** Where what the image means is propagated to, other than the link's own place. */
function findPlace({ assets }: ListedAssets, place: string, real: string): string | undefined {
  for (const { kind, source, target } of assets) {
    if (kind !== "units") continue;
    if (source === real && `${UNITS_DIR}/${target}` !== place) return `${UNITS_DIR}/${target}`;
    if (target.includes("/") && getParent(source) === real) return `${UNITS_DIR}/${getParent(target)}`;
  }
  return undefined;
}

function getParent(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function clean(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}
