/** Owns the reading of the import graph (`deno info --json`) and of the sources, for the architecture tests. */

import { relative } from "@std/path";
import { listProjectFiles } from "./project_files.ts";
import { PROJECT_DIR, STD_FLAGS } from "./std_flags.ts";

/** One import: `from` is a path in the project; `to` too, or a specifier if it is from outside. */
export interface Import {
  from: string;
  /** As it is written. */
  specifier: string;
  to: string;
  isDynamic: boolean;
  isType: boolean;
}

/** A source file. */
export interface Source {
  path: string;
  /** Without comments. */
  code: string;
}

interface Target {
  specifier: string;
}

interface InfoModule {
  specifier: string;
  error?: string;
  dependencies?: { specifier: string; code?: Target; type?: Target; isDynamic?: boolean }[];
}

/** Reads the imports of all files of the project that are reached from the roots. */
export async function readImports(roots: readonly string[]): Promise<Import[]> {
  const found = new Map<string, Import[]>();
  for (const root of roots) {
    if (found.has(root)) continue;
    for (const module of await readInfo(root)) {
      const from = toProjectPath(module.specifier);
      if (module.error !== undefined) throw new Error(`Cannot load "${from}": ${module.error}`);
      found.set(
        from,
        (module.dependencies ?? []).map(({ specifier, code, type, isDynamic }) => ({
          from,
          specifier,
          to: toProjectPath((code ?? type)?.specifier ?? specifier),
          isDynamic: isDynamic ?? false,
          isType: code === undefined,
        })),
      );
    }
  }
  return [...found.values()].flat();
}

/** Returns the files that are loaded with a file, itself included: what its static imports reach. */
export function listLoadedWith(file: string, imports: readonly Import[]): Set<string> {
  const loaded = new Set([file]);
  for (const at of loaded) {
    for (const { from, to, isDynamic, isType } of imports) {
      if (from === at && !isDynamic && !isType) loaded.add(to);
    }
  }
  return loaded;
}

/** Reads the TypeScript files of the product, or those below some directories. */
export async function readSources(places: readonly string[] = ["main.ts", "lib"]): Promise<Source[]> {
  const sources: Source[] = [];
  for await (const path of listProjectFiles(places, ".ts")) {
    const text = await Deno.readTextFile(path);
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*/g, "$1");
    sources.push({ path: relative(PROJECT_DIR, path), code });
  }
  return sources.sort((a, b) => a.path < b.path ? -1 : 1);
}

async function readInfo(root: string): Promise<InfoModule[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...STD_FLAGS, root],
    cwd: PROJECT_DIR,
  }).output();
  if (code !== 0) {
    throw new Error(`Cannot read the imports of "${root}": ${new TextDecoder().decode(stderr)}`);
  }
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

function toProjectPath(specifier: string): string {
  const prefix = `file://${PROJECT_DIR}/`;
  return specifier.startsWith(prefix) ? specifier.slice(prefix.length) : specifier;
}
