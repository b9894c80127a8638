/**
 * Owns the run of one deno subcommand with the @std packages that can be had: `launch.ts SUBCOMMAND
 * ARGUMENT…`. A `test` ends with a line of counts, and with TORCX_TEST_ALL=1 it fails if a test was skipped;
 * its arguments `--unless-named=ARGUMENT` count where no file is named. Whatever the caller's environment,
 * programs speak one language and those of sbin are found.
 */

import { isAtLeast } from "./deno.ts";
import { chooseStd } from "./std/choose.ts";
import { fromFileUrl } from "./std/path.ts";
import { countTests, type TestCounts } from "./test_counts.ts";
import { listTestFiles, planGroups, runGroups, type TestGroup } from "./test_lanes.ts";

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

const children = new Set<Deno.ChildProcess>();

/** Starts a subcommand; its output goes where this process's does, or is for the caller to read. */
function startDeno(args: string[], std: string, output: "inherit" | "piped"): Deno.ChildProcess {
  if (children.size === 0) {
    // A terminal signals the whole group, a supervisor this process alone.
    Deno.addSignalListener("SIGINT", endGroups);
    Deno.addSignalListener("SIGTERM", endChildren);
  }
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: {
      // Companies' proxies and build hosts have certificates of their own.
      DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "system,mozilla",
      TORCX_STD: std,
      LC_ALL: "C.UTF-8",
      PATH: addSystemDirs(Deno.env.get("PATH") ?? ""),
    },
    stdin: output === "inherit" ? "inherit" : "null",
    stdout: output,
    stderr: output,
  }).spawn();
  children.add(child);
  return child;
}

function endGroups(): void {
  isEnded = true;
}

function endChildren(): void {
  isEnded = true;
  for (const child of children) child.kill("SIGTERM");
}

/** Whether this process was told to end. */
let isEnded = false;

/** Runs the subcommand and returns its exit code. */
async function runDeno(args: string[], std: string): Promise<number> {
  const child = startDeno(args, std, "inherit");
  const { code } = await child.status;
  children.delete(child);
  return code;
}

/** Says that all tests are run, side by side, but those below a directory. */
const ALL_BUT = "--all-but=";

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

/** A test that leaves something open fails: since 2.8 that is to be asked for. */
function listSanitizers(): string[] {
  return isAtLeast(Deno.version.deno, "2.8.0") ? ["--sanitize-ops", "--sanitize-resources"] : [];
}

/** What a run of `deno test` came to. */
interface TestRun {
  code: number;
  /** Undefined if it did not get as far as a report. */
  counts: TestCounts | undefined;
}

/** Runs `deno test` with a report; `start` starts it with the arguments and returns its exit code. */
async function runWithReport(
  args: readonly string[],
  start: (args: string[]) => Promise<number>,
): Promise<TestRun> {
  const report = await Deno.makeTempFile({ prefix: "torcx-junit-" });
  try {
    const code = await start(["test", `--junit-path=${report}`, PRELOAD, ...listSanitizers(), ...args]);
    const counts = countTests(await Deno.readTextFile(report));
    return { code: counts === undefined ? code || 1 : code, counts };
  } finally {
    await Deno.remove(report);
  }
}

function writeAll(out: typeof Deno.stdout | typeof Deno.stderr, text: Uint8Array): void {
  for (let rest = text; rest.length > 0;) rest = rest.subarray(out.writeSync(rest));
}

/** Runs all tests side by side, each group's output in one piece. */
async function runAllTests(args: readonly string[], but: string, std: string): Promise<TestRun[]> {
  const files = await listTestFiles("tests", but);
  // Types once for all, not once for each group.
  const code = await runDeno(["test", "--no-run", PRELOAD, ...args, ...files], std);
  if (code !== 0) return [{ code, counts: undefined }];
  const runs: TestRun[] = [];
  const run = async ({ name, files }: TestGroup): Promise<void> => {
    if (isEnded) return;
    const started = performance.now();
    print(`${name}: ${files.length} files`);
    let output: Deno.CommandOutput | undefined;
    const result = await runWithReport(["--no-check", ...args, ...files], async (all) => {
      const child = startDeno(all, std, "piped");
      output = await child.output();
      children.delete(child);
      return output.code;
    });
    runs.push(result);
    writeAll(Deno.stdout, output!.stdout);
    writeAll(Deno.stderr, output!.stderr);
    print(`${name}: exit status ${result.code}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  };
  await runGroups(planGroups(files), { lanes: navigator.hardwareConcurrency, run });
  return runs;
}

/** Runs `deno test` and tells the counts. */
async function runTests(args: string[], std: string): Promise<number> {
  const chosen = chooseTests(args);
  const whole = chosen.find((arg) => arg.startsWith(ALL_BUT));
  const runs = whole === undefined
    ? [await runWithReport(chosen, (all) => runDeno(all, std))]
    : await runAllTests(chosen.filter((arg) => arg !== whole), whole.slice(ALL_BUT.length), std);
  // 128 and SIGTERM's number: the rest was not run.
  const code = runs.find((run) => run.code !== 0)?.code ?? (isEnded ? 143 : 0);
  const counts = runs.map((run) =>
    run.counts ?? { passed: 0, failed: 0, skipped: 0, skippedNames: [], failedNames: [] }
  );
  const add = (key: "passed" | "failed" | "skipped"): number =>
    counts.reduce((sum, all) => sum + all[key], 0);
  if (runs.every((run) => run.counts === undefined)) return code;
  for (const name of counts.flatMap((all) => all.skippedNames)) print(`skipped: ${name}`);
  for (const name of counts.flatMap((all) => all.failedNames)) print(`failed: ${name}`);
  const isShort = add("skipped") > 0 && Deno.env.get("TORCX_TEST_ALL") === "1";
  if (isShort) print("TORCX_TEST_ALL=1 forbids skipped tests");
  // What fails outside a test (a module that throws) is not in the report.
  const failed = Math.max(add("failed"), code === 0 ? 0 : 1);
  print(`${add("passed")} passed, ${failed} failed, ${add("skipped")} skipped`, Deno.stdout);
  return code || (isShort ? 1 : 0);
}

const [subcommand = "", ...args] = Deno.args;
const { std, note, flags } = await chooseStd();
print(note);
Deno.exit(
  subcommand === "test"
    ? await runTests([...flags, ...args], std)
    : await runDeno([subcommand, ...flags, ...args], std),
);
