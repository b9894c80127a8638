/**
 * Owns file systems that are only thought of: files by their paths, and what the kernel finds at a path that is
 * resolved in them as if they were `/` (path_resolution(7)). It refuses any disk.
 */

import type { Meaning } from "./documents.ts";

/** A regular file. */
export interface ThoughtFile {
  type: "file";
  text: string;
  /** @default {0o644} */
  mode?: number;
  /** What the text says, where somebody reads it. */
  meaning?: Meaning;
}

/** Whatever stands at a path. Two paths that have one object are hard links of one file. */
export type ThoughtNode =
  | ThoughtFile
  | { type: "symlink"; target: string }
  | { type: "directory"; /** @default {0o755} */ mode?: number }
  | { type: "fifo" }
  /** The character device 1:3. */
  | { type: "device" };

/** What a path leads to: the path without symlinks, and what is there. */
export interface Found {
  path: string;
  node: ThoughtNode;
}

/** Why a path leads nowhere, by the kernel's name. */
export type NotFound = "ENOENT" | "ENOTDIR" | "ELOOP";

/** How {@linkcode FileTree.lookUp} resolves. */
export interface LookUpOptions {
  /** Whether a symlink in the last place stays. @default {false} */
  isLastKept?: boolean;
  /** Whether what leads out of the tree, by an absolute target or `..`, is not found. @default {false} */
  isBeneath?: boolean;
}

/** MAXSYMLINKS of include/linux/namei.h. */
const SYMLINKS_MAX = 40;

/** A file system. */
export class FileTree {
  readonly #nodes = new Map<string, ThoughtNode>([["/", { type: "directory" }]]);

  /** Returns a copy; the files are the same objects. */
  clone(): FileTree {
    const copy = new FileTree();
    for (const [path, node] of this.#nodes) copy.#nodes.set(path, node);
    return copy;
  }

  /** All paths but `/`, parents first. */
  entries(): [string, ThoughtNode][] {
    return [...this.#nodes].filter(([path]) => path !== "/").sort(([a], [b]) => comparePaths(a, b));
  }

  /** Returns a copy without the devices. */
  withoutDevices(): FileTree {
    const copy = this.clone();
    for (const [path, { type }] of this.#nodes) if (type === "device") copy.#nodes.delete(path);
    return copy;
  }

  /** What stands at exactly this path, no symlink followed. */
  get(path: string): ThoughtNode | undefined {
    return this.#nodes.get(path);
  }

  /** Puts a file where nothing is, with its parents; false if it cannot stand there. */
  put(path: string, node: ThoughtNode): boolean {
    if (this.#nodes.has(path)) return false;
    const parents: string[] = [];
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      parents.push(path.slice(0, at));
    }
    if (parents.some((parent) => (this.#nodes.get(parent)?.type ?? "directory") !== "directory")) {
      return false;
    }
    for (const parent of parents) {
      if (!this.#nodes.has(parent)) this.#nodes.set(parent, { type: "directory" });
    }
    this.#nodes.set(path, node);
    return true;
  }

  /** Resolves a path. */
  lookUp(path: string, { isLastKept = false, isBeneath = false }: LookUpOptions = {}): Found | NotFound {
    const pending = split(path).reverse();
    let names: string[] = [];
    for (let symlinks = 0; pending.length > 0;) {
      const name = pending.pop()!;
      if (this.#nodes.get(toPath(names))?.type !== "directory") return "ENOTDIR";
      if (name === ".") continue;
      if (name === "..") {
        if (names.length === 0 && isBeneath) return "ENOENT";
        names.pop();
        continue;
      }
      const node = this.#nodes.get(toPath([...names, name]));
      if (node === undefined) return "ENOENT";
      if (node.type !== "symlink" || (isLastKept && pending.length === 0)) {
        names.push(name);
        continue;
      }
      if (++symlinks > SYMLINKS_MAX) return "ELOOP";
      if (node.target.startsWith("/")) {
        if (isBeneath) return "ENOENT";
        names = [];
      }
      pending.push(...split(node.target).reverse());
    }
    const node = this.#nodes.get(toPath(names))!;
    return path.endsWith("/") && node.type !== "directory" ? "ENOTDIR" : { path: toPath(names), node };
  }

  /** The names in a directory that stands at exactly this path, sorted bytewise. */
  list(directory: string): string[] {
    const prefix = directory === "/" ? "/" : `${directory}/`;
    return [...this.#nodes.keys()]
      .filter((path) => path !== "/" && path.startsWith(prefix) && !path.slice(prefix.length).includes("/"))
      .map((path) => path.slice(prefix.length)).sort();
  }
}

/** Joins a directory and a name. */
export function joinNames(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

function split(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

function toPath(names: readonly string[]): string {
  return `/${names.join("/")}`;
}

/** A directory comes before what is in it. */
function comparePaths(a: string, b: string): number {
  const [left, right] = [a, b].map((path) => path.replaceAll("/", "\x01"));
  return left! < right! ? -1 : left! > right! ? 1 : 0;
}
