/**
 * Owns what `deno compile` is given: the program as few files, which start sooner than its 230 modules. Each module
 * that is loaded on demand stays a file of its own, and what several of them share lies together.
 */

import type { StdChoice } from "./std/choose.ts";
import { dirname, fromFileUrl, join } from "./std/path.ts";

/** The module that starts the second thread, which no import names. */
const WORKER = "lib/archive/inflate/worker";
/** What is loaded whenever some of the other modules are: it is laid into one file for all of them. */
const SHARED: readonly { with: RegExp; module: string }[] = [
  { with: /./, module: "core.ts" },
  { with: /^lib\/cli\/commands\//, module: "lib/cli/program.ts" },
];

/** A bundled program. */
export interface Bundle {
  /** The directory that it is in. */
  dir: string;
  entry: string;
  /** Flags that name what `deno compile` would not find. */
  flags: string[];
}

/** Options of {@linkcode bundleProgram}. */
export interface BundleOptions {
  /** The project's directory. */
  project: string;
  /** The deno that bundles. */
  deno: string;
  std: StdChoice;
}

interface Graph {
  modules: {
    specifier: string;
    dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[];
  }[];
}

/**
 * Bundles the program into a directory, which is emptied first.
 *
 * @throws {Error} if the sources are not as it expects them, or the bundler fails.
 */
export async function bundleProgram(dir: string, options: BundleOptions): Promise<Bundle> {
  await Deno.remove(dir, { recursive: true }).catch(ignoreMissing);
  // Sources beside the result: the names of its files, and so its bytes, depend on nothing outside.
  const [sources, out] = [join(dir, "sources"), join(dir, "program")];
  await copySources(options.project, sources);
  await replaceOnce(join(sources, "lib/archive/inflate/thread.ts"), '"./worker.ts"', `"./${WORKER}.js"`);
  await Deno.writeTextFile(
    join(sources, "lib/cli/std_source.ts"),
    `export const STD_SOURCE: string = ${JSON.stringify(options.std.std === "jsr" ? "jsr" : "stand-ins")};\n`,
  );
  await shareModules(sources, options);
  // Names are kept for stack traces. Unminified it starts 2 ms later; a source map takes 2 ms more.
  const flags = ["--code-splitting", "--minify", "--keep-names", `--outdir=${out}`];
  await runDeno(options, sources, [
    "bundle",
    "--quiet",
    ...options.std.flags,
    ...flags,
    "main.ts",
    `${WORKER}.ts`,
  ]);
  await Deno.remove(sources, { recursive: true });
  await numberFiles(out);
  await setTimes(out);
  return { dir: out, entry: "main.js", flags: ["--no-config", `--include=${WORKER}.js`] };
}

async function copySources(project: string, sources: string): Promise<void> {
  for (const path of ["main.ts", "deno.json", ...await listFiles(project, "lib")]) {
    await Deno.mkdir(dirname(join(sources, path)), { recursive: true });
    await Deno.copyFile(join(project, path), join(sources, path));
  }
}

async function listFiles(project: string, dir: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(project, dir))) {
    const path = `${dir}/${name}`;
    if (isDirectory) paths.push(...await listFiles(project, path));
    else if (name.endsWith(".ts")) paths.push(path);
  }
  return paths.sort();
}

/** The bundler's names: a digest in them is also of where npm packages are kept on this machine. */
const DIGEST_NAME = /\b(\w+)-[0-9A-Z]{8}\.js\b/g;

/** Gives the files numbers in place of digests, in the order in which they are named from main.js on. */
async function numberFiles(dir: string): Promise<void> {
  const names = new Map<string, string>();
  const files = ["main.js", `${WORKER}.js`];
  for (const file of files) {
    const text = await Deno.readTextFile(join(dir, file));
    const numbered = text.replace(DIGEST_NAME, (name, prefix) => {
      if (!names.has(name)) {
        names.set(name, `${prefix}-${names.size}.js`);
        files.push(name);
      }
      return names.get(name)!;
    });
    await Deno.writeTextFile(join(dir, file), numbered);
  }
  for (const [name, numbered] of names) await Deno.rename(join(dir, name), join(dir, numbered));
}

/** `deno compile` writes the files' times into the binary, which is to have the same bytes whenever it is made. */
async function setTimes(dir: string): Promise<void> {
  // https://reproducible-builds.org/specs/source-date-epoch/
  const seconds = Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? "0");
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) await setTimes(join(dir, name));
    else await Deno.utime(join(dir, name), seconds, seconds);
  }
}

/**
 * Has each module that is loaded on demand import what is there already when it is: the bundler makes one file of
 * modules that the same ones reach, and would make a hundred small ones.
 */
async function shareModules(sources: string, options: BundleOptions): Promise<void> {
  const graph: Graph = JSON.parse(
    await runDeno(options, sources, ["info", "--json", ...options.std.flags, "main.ts"]),
  );
  const top = new URL(`file://${sources}/`).href;
  const modules = new Map(graph.modules.map((module) => [module.specifier, module.dependencies ?? []]));
  const listImports = (specifier: string, wantsDynamic: boolean): string[] =>
    (modules.get(specifier) ?? []).flatMap(({ code, isDynamic }) =>
      code !== undefined && modules.has(code.specifier) && (isDynamic ?? false) === wantsDynamic
        ? [code.specifier]
        : []
    );
  const listLoaded = (specifier: string): Set<string> => {
    const loaded = new Set([specifier]);
    for (const at of loaded) for (const next of listImports(at, false)) loaded.add(next);
    return loaded;
  };
  const main = `${top}main.ts`;
  // What main.ts loads, and what comes with whichever it then loads on demand.
  const [first, ...others] = listImports(main, true).map(listLoaded);
  const common = others.reduce((left, loaded) => left.intersection(loaded), first ?? new Set<string>());
  const core = listLoaded(main).union(common);
  core.delete(main);
  await Deno.writeTextFile(join(sources, "core.ts"), [...core].map(makeImport).join(""));
  const onDemand = new Set([...modules.keys()].flatMap((specifier) => listImports(specifier, true)));
  for (const specifier of onDemand) {
    const path = specifier.slice(top.length);
    const shared = SHARED.filter((row) => row.with.test(path)).map(({ module }) => makeImport(top + module));
    const file = fromFileUrl(new URL(specifier));
    await Deno.writeTextFile(file, shared.join("") + await Deno.readTextFile(file));
  }
}

function makeImport(specifier: string): string {
  return `import ${JSON.stringify(specifier)};\n`;
}

async function replaceOnce(path: string, from: string, to: string): Promise<void> {
  const parts = (await Deno.readTextFile(path)).split(from);
  if (parts.length !== 2) {
    throw new Error(`Cannot bundle "${path}": ${from} is in it ${parts.length - 1} times`);
  }
  await Deno.writeTextFile(path, parts.join(to));
}

/** Runs deno and returns what it prints. */
async function runDeno({ deno }: BundleOptions, cwd: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(deno, { args, cwd, env: getDenoEnvironment() })
    .output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot bundle: deno ${args[0]} failed: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}

/** The bundler is fetched from npm, where a build host may have certificates of its own. */
function getDenoEnvironment(): Record<string, string> {
  return { DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "system,mozilla" };
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
