/**
 * Owns the run of one deno subcommand with the @std packages that can be had: `launch.ts SUBCOMMAND
 * ARGUMENT…`. A `test` ends with a line of counts, and with TORCX_TEST_ALL=1 it fails if a test was skipped;
 * its arguments `--unless-named=ARGUMENT` count where no file is named. Whatever the caller's environment,
 * programs speak one language and those of sbin are found.
 */

import { chooseStd } from "./std/choose.ts";
import { fromFileUrl } from "./std/path.ts";
import { countTests } from "./test_counts.ts";

/** What `deno test` would take for leaks of the tests is done before them. */
const PRELOAD = `--preload=${fromFileUrl(new URL("../tests/support/open_libc.ts", import.meta.url))}`;

function print(line: string, out = Deno.stderr): void {
  out.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Returns a search path with the directories of system programs at its end, where users often have none. */
function addSystemDirs(path: string): string {
  const dirs = path.split(":").filter((dir) => dir !== "");
  return [...new Set([...dirs, "/usr/local/sbin", "/usr/sbin", "/sbin"])].join(":");
}

/** Runs the subcommand and returns its exit code. */
async function runDeno(args: string[], std: string): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: {
      // Companies' proxies and build hosts have certificates of their own.
      DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "system,mozilla",
      TORCX_STD: std,
      LC_ALL: "C.UTF-8",
      PATH: addSystemDirs(Deno.env.get("PATH") ?? ""),
    },
  }).spawn();
  // A terminal signals the whole group, a supervisor this process alone.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  return (await child.status).code;
}

/** Returns the arguments of `deno test`: the default set gives way to files that are named. */
function chooseTests(args: readonly string[]): string[] {
  const unlessNamed = "--unless-named=";
  const isNamed = args.some((arg) => !arg.startsWith("-") && isThere(arg));
  return args.flatMap((arg) => {
    if (!arg.startsWith(unlessNamed)) return [arg];
    return isNamed ? [] : [arg.slice(unlessNamed.length)];
  });
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs `deno test` and tells the counts. */
async function runTests(args: string[], std: string): Promise<number> {
  const report = await Deno.makeTempFile({ prefix: "torcx-junit-" });
  try {
    const code = await runDeno(["test", `--junit-path=${report}`, PRELOAD, ...chooseTests(args)], std);
    const counts = countTests(await Deno.readTextFile(report));
    if (counts === undefined) return code || 1;
    for (const name of counts.skippedNames) print(`skipped: ${name}`);
    const isShort = counts.skipped > 0 && Deno.env.get("TORCX_TEST_ALL") === "1";
    if (isShort) print("TORCX_TEST_ALL=1 forbids skipped tests");
    // What fails outside a test (a module that throws) is not in the report.
    const failed = Math.max(counts.failed, code === 0 ? 0 : 1);
    print(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped`, Deno.stdout);
    return code || (isShort ? 1 : 0);
  } finally {
    await Deno.remove(report);
  }
}

const [subcommand = "", ...args] = Deno.args;
const { std, note, flags } = await chooseStd();
print(note);
Deno.exit(
  subcommand === "test"
    ? await runTests([...flags, ...args], std)
    : await runDeno([subcommand, ...flags, ...args], std),
);
