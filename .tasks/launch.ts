/**
 * Owns the run of one deno subcommand with the @std packages that can be had: `launch.ts SUBCOMMAND
 * ARGUMENT…`. The tasks of deno.json call it. A `test` ends with a line of counts, and with
 * TORCX_TEST_ALL=1 it fails if a test was skipped.
 */

import { chooseStd } from "./std/choose.ts";
import { countTests } from "./test_counts.ts";

function print(line: string, out = Deno.stderr): void {
  out.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Runs the subcommand and returns its exit code. */
async function runDeno(args: string[], std: string): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env: {
      // Companies' proxies and build hosts have certificates of their own.
      DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "system,mozilla",
      TORCX_STD: std,
    },
  }).spawn();
  // A terminal signals the whole group, a supervisor this process alone.
  Deno.addSignalListener("SIGINT", () => {});
  Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  return (await child.status).code;
}

/** Runs `deno test` and tells the counts. */
async function runTests(args: string[], std: string): Promise<number> {
  const report = await Deno.makeTempFile({ prefix: "torcx-junit-" });
  try {
    const code = await runDeno(["test", `--junit-path=${report}`, ...args], std);
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
