/** What this project uses of @std/fs, over Deno's own calls. */

import { basename, join, normalize } from "./path.ts";

/** Options of {@linkcode exists}. */
export interface ExistsOptions {
  isDirectory?: boolean;
  isFile?: boolean;
}

/** Returns whether the path exists (symlinks followed) and is what the options ask for. */
export async function exists(path: string | URL, options: ExistsOptions = {}): Promise<boolean> {
  try {
    const stat = await Deno.stat(path);
    return (!options.isDirectory || stat.isDirectory) && (!options.isFile || stat.isFile);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Makes the directory and its parents if they are missing. */
export async function ensureDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}

/** One step of {@linkcode walk}. */
export interface WalkEntry extends Deno.DirEntry {
  path: string;
}

/** Options of {@linkcode walk}. */
export interface WalkOptions {
  /** How far below the root it goes. @default {Infinity} */
  maxDepth?: number;
  includeFiles?: boolean;
  includeDirs?: boolean;
  includeSymlinks?: boolean;
  /** Goes into what symlinks lead to, and yields that. @default {false} */
  followSymlinks?: boolean;
  /** Ends of names, with their dot or without. */
  exts?: string[];
  match?: RegExp[];
  skip?: RegExp[];
}

/**
 * Yields a directory and what is below it, a directory before its children.
 *
 * @throws {Deno.errors.NotFound} if there is no such root.
 * @throws {Deno.errors.NotADirectory} if the root is no directory.
 */
export async function* walk(root: string, options: WalkOptions = {}): AsyncIterableIterator<WalkEntry> {
  const { maxDepth = Infinity, includeDirs = true } = options;
  if (maxDepth < 0 || options.skip?.some((skip) => skip.test(root))) return;
  if (includeDirs && isMatch(root, options)) {
    const { isFile, isDirectory, isSymlink } = await Deno.stat(root);
    const path = normalize(root);
    yield { path, name: basename(path), isFile, isDirectory, isSymlink };
  }
  if (maxDepth < 1) return;
  for await (const child of Deno.readDir(root)) {
    const isFollowed = child.isSymlink && options.followSymlinks === true;
    const path = isFollowed ? await Deno.realPath(join(root, child.name)) : join(root, child.name);
    const { isDirectory, isSymlink } = isFollowed ? await Deno.lstat(path) : child;
    if (isDirectory) {
      yield* walk(path, { ...options, maxDepth: maxDepth - 1 });
      continue;
    }
    const isAsked = (isSymlink ? options.includeSymlinks : options.includeFiles) ?? true;
    const isLeft = options.skip?.some((skip) => skip.test(path)) ?? false;
    if (isAsked && !isLeft && isMatch(path, options)) yield { ...child, path };
  }
}

function isMatch(path: string, { exts, match }: WalkOptions): boolean {
  return (exts?.some((ext) => path.endsWith(ext.startsWith(".") ? ext : `.${ext}`)) ?? true) &&
    (match?.some((pattern) => pattern.test(path)) ?? true);
}
