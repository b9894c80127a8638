/**
 * Owns running other programs of the system, bounded in time and with an environment of its own. It
 * refuses meaning: who runs what is said by the rooms above.
 */

import { encodePath } from "../bytes.ts";
import { TorcxError } from "../errors.ts";
import { type ProgramName, PROGRAMS } from "./programs.ts";
import { Root } from "./root.ts";

/** For what those programs start themselves, e.g. modprobe's install lines. */
const SEARCH_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** How much of a program's last words goes into a message. */
const MESSAGE_BYTES_MAX = 2000;
/** How much of its output is taken: a few lines for each of many units. */
const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;

/** Options of {@linkcode runProgram}. */
export interface RunProgramOptions {
  /** Milliseconds until it is killed. */
  timeout: number;
  /** What it reads on its standard input. Default nothing. */
  input?: string;
}

/**
 * Runs a program of the system by its name and waits for its end.
 *
 * @returns what it printed.
 * @throws {TorcxError} `not_found` if there is none, `failed` if it fails or takes too long.
 */
export async function runProgram(
  name: ProgramName,
  args: readonly string[],
  options: RunProgramOptions,
): Promise<string> {
  const shown = [name, ...args].join(" ");
  for (const path of PROGRAMS[name]) {
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(path, {
        args: [...args],
        clearEnv: true,
        env: { PATH: SEARCH_PATH, LC_ALL: "C.UTF-8" },
        cwd: "/",
        stdin: options.input === undefined ? "null" : "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound && !isThere(path)) continue;
      throw new TorcxError("failed", `Cannot run "${shown}": ${(error as Error).message}`, {
        cause: error,
        // spawn() opens it for a standard input that is nothing.
        ...isThere("/dev/null") ? {} : { hint: "There is no /dev/null: mount a /dev, as every system has" },
      });
    }
    return await waitFor(child, shown, options);
  }
  throw new TorcxError(
    "not_found",
    `Cannot run "${shown}": there is no ${name} in ${PROGRAMS[name].join(" or ")}`,
  );
}

function isThere(path: string): boolean {
  using root = Root.open("/");
  return root.findStat(encodePath(path)) !== undefined;
}

async function waitFor(
  child: Deno.ChildProcess,
  shown: string,
  { timeout, input }: RunProgramOptions,
): Promise<string> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself since; somebody else keeps its output open.
    }
  }, timeout);
  try {
    if (input !== undefined) await writeInput(child, input);
    const { success, code, signal, stdout, stderr } = await child.output();
    if (success) return decode(stdout, OUTPUT_BYTES_MAX);
    const state = isLate
      ? `killed after ${timeout / 1000} s`
      : signal === null
      ? `exit status ${code}`
      : `ended by ${signal}`;
    const words = decode(stderr, MESSAGE_BYTES_MAX).trim();
    throw new TorcxError("failed", `Cannot run "${shown}": ${state}${words === "" ? "" : `: ${words}`}`);
  } finally {
    clearTimeout(timer);
  }
}

/** A program that ends without reading it all closes the pipe: its exit status tells why. */
async function writeInput(child: Deno.ChildProcess, input: string): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch {
    // See above.
  }
}

function decode(bytes: Uint8Array, maxBytes: number): string {
  return new TextDecoder().decode(bytes.subarray(0, maxBytes));
}
