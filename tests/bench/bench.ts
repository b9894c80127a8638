/**
 * Owns the benchmark (`deno task bench [--quick]`): dist/torcx against GNU tar, bsdtar and inflate alone,
 * in mount and PID namespaces of its own. It prints medians and ratios and judges nothing; it ends with 1
 * only if something cannot be measured.
 */

import { parseArgs } from "@std/cli/parse-args";
import { exists } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import { PROJECT_DIR, STD_FLAGS } from "../support/std_flags.ts";
import {
  type Bench,
  measureLargeFiles,
  measureLinks,
  measureLists,
  measureMemory,
  measureSmallFiles,
  measureSparseFile,
  measureThreeImages,
  type Row,
} from "./cases.ts";
import { measureStartUp } from "./start_up.ts";
import { FULL, QUICK } from "./inputs.ts";
import { describeMemoryMethod, runCommand } from "./measure.ts";

const INSIDE = "--inside";
const BINARY = join(PROJECT_DIR, "dist", "torcx");
const CASES = [
  measureLargeFiles,
  measureSmallFiles,
  measureThreeImages,
  measureSparseFile,
  measureLinks,
  measureMemory,
  measureStartUp,
  measureLists,
];

function print(line: string, out = Deno.stdout): void {
  out.writeSync(new TextEncoder().encode(`${line}\n`));
}

function formatRow({ name, medians, ratios, peakKib }: Row): string {
  const times = [...medians].map(([candidate, time]) =>
    `${candidate.padEnd(22)} ${time.toFixed(0).padStart(7)} ms`
  );
  const peak = peakKib === undefined
    ? []
    : [`peak RSS of torcx      ${(peakKib / 1024).toFixed(1).padStart(7)} MiB`];
  const lines = [...times, ...peak, ratios.join(", ")].filter((line) => line !== "");
  return [name, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** Starts this file again as process 1 of namespaces of its own: for torcx-generator, that is a boot. */
async function enterNamespaces(args: readonly string[]): Promise<number> {
  const dir = await Deno.makeTempDir({ prefix: "torcx-bench-" });
  const self = [Deno.execPath(), "run", "-A", "--quiet", ...STD_FLAGS, fromFileUrl(import.meta.url)];
  const flags = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"];
  try {
    const child = new Deno.Command("unshare", { args: [...flags, ...self, INSIDE, dir, ...args] }).spawn();
    // A terminal signals the inner process too; unshare(1) itself takes nothing less than SIGKILL.
    Deno.addSignalListener("SIGINT", () => {});
    Deno.addSignalListener("SIGTERM", () => child.kill("SIGKILL"));
    const { code } = await child.status;
    return code;
  } finally {
    // The tmpfs over it is gone with the namespace.
    await Deno.remove(dir);
  }
}

async function describeMachine(): Promise<string> {
  const cpu = /^model name\s*:\s*(.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1] ??
    Deno.build.arch;
  const load = Deno.loadavg().map((value) => value.toFixed(2)).join(" ");
  return `${navigator.hardwareConcurrency} cores (${cpu}), load average ${load}`;
}

async function runBench(dir: string, isQuick: boolean): Promise<void> {
  await runCommand(["mount", "-t", "tmpfs", "-o", "size=90%", "torcx-bench", dir]);
  // A build meanwhile must not change what is measured.
  await Deno.copyFile(BINARY, join(dir, "torcx"));
  // The generator finds a system that this boot has applied to, and nothing of the host's.
  await runCommand(["mount", "-t", "tmpfs", "torcx-bench", "/run"]);
  await Deno.mkdir("/run/torcx");
  const hasBsdtar = (await Promise.all(
    (Deno.env.get("PATH") ?? "").split(":").map((path) => exists(join(path, "bsdtar"))),
  )).includes(true);
  const sizes = isQuick ? QUICK : FULL;
  const bench: Bench = {
    dir,
    torcx: join(dir, "torcx"),
    hasBsdtar,
    sizes,
    report: (line) => print(`measuring: ${line}`, Deno.stderr),
  };
  print(await describeMachine());
  print(`medians of ${sizes.runs} interleaved runs (start-up: ${sizes.runs * 3}), all on tmpfs`);
  print(`peak RSS: ${await describeMemoryMethod()}`);
  if (!hasBsdtar) print("bsdtar is not installed: nothing is compared with it");
  for (const measure of CASES) print(`\n${formatRow(await measure(bench))}`);
  print(`\nload average at the end ${Deno.loadavg().map((value) => value.toFixed(2)).join(" ")}`);
}

/** Says why nothing can be measured here. */
async function findObstacle(): Promise<string | undefined> {
  if (!await exists(BINARY)) {
    return 'there is no dist/torcx: run "deno task build" first';
  }
  return Deno.uid() === 0 ? undefined : "only root can mount a tmpfs and apply: run it as root";
}

const [first, ...rest] = Deno.args;
if (first === INSIDE) {
  const [dir, ...flags] = rest;
  // The kernel gives process 1 no signal that it has not asked for.
  Deno.addSignalListener("SIGINT", () => Deno.exit(130));
  await runBench(dir!, flags.includes("--quick"));
} else {
  const unknown: string[] = [];
  parseArgs(Deno.args, { boolean: ["quick"], unknown: (arg) => void unknown.push(arg) });
  if (unknown.length > 0) {
    print(
      `Cannot parse arguments of "bench": unknown argument "${unknown[0]}"\nUsage: deno task bench [--quick]`,
      Deno.stderr,
    );
    Deno.exit(2);
  }
  const obstacle = await findObstacle();
  if (obstacle !== undefined) print(`Cannot run the benchmark: ${obstacle}`, Deno.stderr);
  Deno.exit(obstacle === undefined ? await enterNamespaces(Deno.args) : 1);
}
