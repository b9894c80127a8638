/** What this project uses of @std/fs, over Deno's own calls. */

import { join } from "./path.ts";

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
  maxDepth?: number;
  includeFiles?: boolean;
  includeDirs?: boolean;
  includeSymlinks?: boolean;
  exts?: string[];
  match?: RegExp[];
  skip?: RegExp[];
}

/** Yields the root and what is below it, a directory before its children; symlinks are not followed. */
export async function* walk(root: string, options: WalkOptions = {}): AsyncIterableIterator<WalkEntry> {
  const { isFile, isDirectory, isSymlink } = await Deno.lstat(root);
  yield* walkEntry(
    { path: root, name: root.split("/").at(-1) ?? "", isFile, isDirectory, isSymlink },
    options,
  );
}

async function* walkEntry(entry: WalkEntry, options: WalkOptions): AsyncIterableIterator<WalkEntry> {
  const depth = options.maxDepth ?? Infinity;
  const isAsked = entry.isDirectory
    ? options.includeDirs
    : entry.isSymlink
    ? options.includeSymlinks
    : options.includeFiles;
  if ((isAsked ?? true) && isMatch(entry.path, options)) yield entry;
  if (!entry.isDirectory || depth < 1 || options.skip?.some((skip) => skip.test(entry.path))) return;
  for await (const child of Deno.readDir(entry.path)) {
    yield* walkEntry({ ...child, path: join(entry.path, child.name) }, { ...options, maxDepth: depth - 1 });
  }
}

function isMatch(path: string, options: WalkOptions): boolean {
  return (options.exts?.some((ext) => path.endsWith(ext)) ?? true) &&
    (options.match?.some((match) => match.test(path)) ?? true) &&
    !(options.skip?.some((skip) => skip.test(path)) ?? false);
}
