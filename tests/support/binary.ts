/**
 * Owns the run of the program as users run it, for the end-to-end tests: the compiled binary named by
 * TORCX_BINARY, else dist/torcx if it is not older than the sources, else `deno run main.ts`. It says once
 * which one it uses.
 */

import { exists } from "@std/fs";
import { join } from "@std/path";
import { PERMISSION_FLAGS } from "../../.tasks/permissions.ts";
import { listProjectFiles } from "./project_files.ts";
import { PROJECT_DIR, STD_FLAGS } from "./std_flags.ts";

/** How {@linkcode runTorcx} calls the program. */
export interface RunOptions {
  /** The name that it is called by. @default {"torcx"} */
  argv0?: "torcx" | "torcx-generator";
  /** Its whole environment, but for what `deno run` itself needs. @default {{ PATH }} */
  env?: Readonly<Record<string, string>>;
  /** Its working directory. */
  cwd?: string;
  /** What it reads on its standard input. */
  stdin?: string;
  /** A command in front of it, e.g. `["unshare", "-m"]`. */
  through?: readonly string[];
}

/** What a run came to. */
export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** The command that is the program, without its arguments. */
export interface ProgramCommand {
  /** For people: which one it is. */
  note: string;
  /** The path and the first arguments. */
  command: readonly [string, ...string[]];
  /** The variables that it needs to run at all. */
  environment: Readonly<Record<string, string>>;
  isCompiled: boolean;
}

let chosen: Promise<ProgramCommand> | undefined;
let found: Promise<ProgramCommand> | undefined;

/** Returns whether the program is a compiled one. */
export async function isProgramCompiled(): Promise<boolean> {
  return (await (chosen ??= chooseProgram())).isCompiled;
}

/** Finds the program once and says which one it is. */
export function findProgram(): Promise<ProgramCommand> {
  found ??= (chosen ??= chooseProgram()).then((program) => {
    Deno.stderr.writeSync(new TextEncoder().encode(`torcx is ${program.note} here\n`));
    return program;
  });
  return found;
}

/** Runs the program to its end. */
export async function runTorcx(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { command, environment } = await findProgram();
  // bash alone can set argv[0].
  const shell = ["bash", "-c", 'exec -a "$0" "$@"', options.argv0 ?? "torcx"];
  const [path, ...rest] = [...options.through ?? [], ...shell, ...command, ...args];
  const child = new Deno.Command(path!, {
    args: rest,
    clearEnv: true,
    env: { ...environment, ...options.env },
    ...options.cwd === undefined ? {} : { cwd: options.cwd },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program that ends without reading its input closes the pipe.
  const written = writer.write(new TextEncoder().encode(options.stdin ?? "")).then(() => writer.close());
  const [output] = await Promise.all([child.output(), written.catch(() => {})]);
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

async function chooseProgram(): Promise<ProgramCommand> {
  const named = Deno.env.get("TORCX_BINARY");
  if (named) {
    return { note: `${named} (TORCX_BINARY)`, command: [named], environment: getPath(), isCompiled: true };
  }
  const { path, note } = await findBinary();
  if (path !== undefined) {
    return { note: "dist/torcx", command: [path], environment: getPath(), isCompiled: true };
  }
  return {
    note: `deno run main.ts${note}`,
    command: [
      Deno.execPath(),
      "run",
      "--quiet",
      ...STD_FLAGS,
      `--config=${PROJECT_DIR}/deno.json`,
      ...PERMISSION_FLAGS,
      `${PROJECT_DIR}/main.ts`,
    ],
    environment: { ...getDenoEnvironment(), ...getPath() },
    isCompiled: false,
  };
}

/** Looks for `dist/torcx`; the path is undefined where it is not there or older than the sources, as the note says. */
export async function findBinary(): Promise<{ path: string | undefined; note: string }> {
  const path = join(PROJECT_DIR, "dist", "torcx");
  if (!await exists(path)) return { path: undefined, note: "" };
  const built = (await Deno.stat(path)).mtime?.getTime() ?? 0;
  if (await readNewestTime() > built) return { path: undefined, note: " (dist/torcx is older than it)" };
  return { path, note: "" };
}

/** Returns when the last of the sources was changed, in ms. */
async function readNewestTime(): Promise<number> {
  let newest = 0;
  for await (const path of listProjectFiles(["main.ts", "deno.json", "lib"])) {
    newest = Math.max(newest, (await Deno.stat(path)).mtime?.getTime() ?? 0);
  }
  return newest;
}

function getPath(): Record<string, string> {
  return { PATH: getVariable("PATH") };
}

function getDenoEnvironment(): Record<string, string> {
  const names = ["HOME", "DENO_DIR", "DENO_TLS_CA_STORE", "JSR_URL", "NPM_CONFIG_REGISTRY"];
  return Object.fromEntries(
    names.filter((name) => Deno.env.has(name)).map((name) => [name, getVariable(name)]),
  );
}

function getVariable(name: string): string {
  return Deno.env.get(name) ?? "";
}
