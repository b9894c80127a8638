/**
 * Owns the look at what the program loads when it runs from its sources: the modules that V8 evaluates (its coverage
 * names them) and the functions of libc that are opened.
 */

import { join, relative } from "@std/path";
import { PROJECT_DIR, STD_FLAGS } from "./std_flags.ts";

/** What one run loads, sorted. */
export interface Loaded {
  symbols: string[];
  modules: string[];
}

/** A run of the program. */
export interface LoadingRun {
  argv0: "torcx" | "torcx-generator";
  args: readonly string[];
  /** A shell script that runs it as `"$@"`. */
  script: string;
  /** A command in front of it all. */
  through: readonly string[];
}

/** Runs the program, which must end with 0 or 3, and returns what it loaded. */
export async function readLoaded({ argv0, args, script, through }: LoadingRun): Promise<Loaded> {
  const work = await Deno.makeTempDir({ prefix: "torcx-loaded-" });
  try {
    const [coverage, record] = [join(work, "coverage"), join(work, "symbols.json")];
    const flags = [`--coverage=${coverage}`, `--preload=${PROJECT_DIR}/tests/support/record_symbols.ts`];
    const deno = [Deno.execPath(), "run", "-A", "--quiet", ...STD_FLAGS, ...flags, `${PROJECT_DIR}/main.ts`];
    const named = ["bash", "-c", 'exec -a "$0" "$@"', argv0, ...deno, ...args];
    const [command, ...rest] = [...through, "bash", "-c", script, "bash", ...named];
    const { code, stderr } = await new Deno.Command(command!, {
      args: rest,
      env: { TORCX_TEST_RECORD: record },
      stdin: "null",
      stdout: "null",
    }).output();
    if (code !== 0 && code !== 3) {
      throw new Error(`Cannot see what is loaded: ended with ${code}: ${new TextDecoder().decode(stderr)}`);
    }
    return {
      symbols: JSON.parse(await Deno.readTextFile(record)).sort(),
      modules: await readModules(coverage),
    };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Lists the product's modules in a coverage directory. */
async function readModules(coverage: string): Promise<string[]> {
  const modules: string[] = [];
  for await (const { name } of Deno.readDir(coverage)) {
    const { url } = JSON.parse(await Deno.readTextFile(join(coverage, name)));
    if (!url.startsWith("file://")) continue;
    const path = relative(PROJECT_DIR, new URL(url).pathname);
    if (path === "main.ts" || path.startsWith("lib/")) modules.push(path);
  }
  return modules.sort();
}
