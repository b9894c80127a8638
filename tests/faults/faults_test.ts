/** Tests that whatever call fails, torcx seals nothing half, loses nothing, and can be run again. */

import { assertEquals, assertMatch } from "@std/assert";
import { prepareBinary } from "../support/compiled.ts";
import { say } from "../vm/command.ts";
import { testWith } from "../support/needs.ts";
import { drawFaults, type Fault } from "./sample.ts";
import { type CaseResult, FaultArena, type Scenario, SCENARIOS } from "./scenario.ts";
import { findFault, listCalls } from "./trace.ts";

const FAULTS = Number(Deno.env.get("TORCX_FAULTS") ?? 500);
const SEED = Number(Deno.env.get("TORCX_FAULTS_SEED") ?? 1);

testWith(
  `torcx apply, --retry and undo with ${FAULTS} injected faults seal nothing half, lose nothing, and leave a system that --retry seals`,
  { isRoot: true, programs: ["strace", "mksquashfs", "unshare"] },
  async () => {
    using arena = await FaultArena.make(await prepareBinary());
    const clean = new Map<string, CaseResult>();
    for (const scenario of SCENARIOS) {
      const result = await runClean(arena, scenario);
      clean.set(scenario.name, result);
      const calls = listCalls(result.trace, arena.root);
      arena.renames ||= calls.findLast(({ name }) => name === "renameat")?.number ?? 0;
    }
    const whole = clean.get("apply")!.end;
    const calls = new Map([...clean].map(([name, { trace }]) => [name, listCalls(trace, arena.root)]));
    const faults = drawFaults(calls, SEED);
    const wrong: string[] = [];
    let hits = 0;
    let misses = 0;
    let running = 0;
    const started = performance.now();
    const work = async (): Promise<void> => {
      while (hits + running < FAULTS) {
        const { value: fault, done } = faults.next();
        if (done) return;
        const scenario = SCENARIOS.find(({ name }) => name === fault.scenario)!;
        running++;
        const result = await arena.run(scenario, fault).finally(() => running--);
        const found = findFault(result.trace, arena.root);
        if (found === undefined) {
          misses++;
          continue;
        }
        hits++;
        const faulty = listFaults(scenario, fault, result, whole, clean.get(scenario.name)!);
        if (faulty.length > 0) wrong.push(tell(fault, found, result, faulty));
      }
    };
    await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, work));
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const sizes = [...calls].map(([name, list]) => `${name} ${list.length}`).join(", ");
    say(`${hits} faults in ${seconds} s, ${misses} not reached; calls: ${sizes}`);
    assertEquals(hits, FAULTS, "faults that went in");
    assertEquals(wrong.length, 0, `${wrong.length} of ${hits} faults:\n${wrong.join("\n\n")}`);
  },
);

async function runClean(arena: FaultArena, scenario: Scenario): Promise<CaseResult> {
  const result = await arena.run(scenario);
  assertEquals(result.code, scenario.code, result.output);
  assertEquals(result.retry, 0, result.retryOutput);
  assertEquals(/run\/torcx\/journal/.test(result.before), scenario.name === "retry", result.before);
  assertEquals(result.userEnd, result.userBefore);
  assertMatch(result.end, /^mount {2}run\/torcx\/unpack tmpfs ro$/m);
  assertMatch(result.end, /^mount \/dev\/loop run\/torcx\/unpack\/second squashfs ro$/m);
  return result;
}

/** Says what is wrong after a fault. */
function listFaults(
  scenario: Scenario,
  fault: Fault,
  result: CaseResult,
  whole: string,
  clean: CaseResult,
): string[] {
  const claims: [boolean, string][] = [
    [
      result.userEnd === result.userBefore,
      `the user's files changed:\n${diff(result.userBefore, result.userEnd)}`,
    ],
    [result.retry === 0, `--retry: exit status ${result.retry}\n${result.retryOutput}`],
    [result.end === whole, `the tree after --retry is another:\n${diff(whole, result.end)}`],
    [result.code === 0 || result.code === 1, `exit status ${result.code}`],
    [!/^torcx: \w+\(/m.test(result.output), "an error begins with a bare system call"],
    [!/^\s+at .*:\d+:\d+|Uncaught|panicked/m.test(result.output), "it printed a stack"],
  ];
  if (result.isSealed) {
    claims.push(
      [result.status === 0 || result.status === 4, `sealed, and status exits with ${result.status}`],
      [strip(result.after) === strip(whole), `sealed on another tree:\n${diff(whole, result.after)}`],
    );
  } else {
    claims.push([result.code !== 0, "exit status 0 without a seal"]);
    // Before RUN is made there is nothing to tell of.
    const status = /^d \d+ \S+ run\/torcx $/m.test(result.after) ? 1 : 3;
    claims.push([
      result.status === status,
      `not sealed, and status exits with ${result.status}, not ${status}`,
    ]);
    if (scenario.isCleanAfterFault) {
      const left = result.after.split("\n").filter((line) =>
        !result.before.includes(line) && !RECORD.test(line) && line !== ""
      );
      claims.push([left.length === 0, `left behind:\n${left.join("\n")}`]);
    }
  }
  if (fault.errno === "EINTR") {
    claims.push([result.code === clean.code, `a signal alone made it exit with ${result.code}`]);
  }
  return claims.filter(([holds]) => !holds).map(([, text]) => text);
}

/** What of RUN stays after a failure. */
const RECORD =
  /^(d \d+ 0:0 run\/torcx|f \d+ 0:0 run\/torcx\/(report\.json|journal\.json|lock)|[0-9a-f]+ {2}run\/torcx\/lock) ?$/;

function strip(list: string): string {
  return list.split("\n").filter((line) => !/run\/torcx\/(journal\.json|report\.json) /.test(line)).join(
    "\n",
  );
}

function diff(before: string, after: string): string {
  const [old, now] = [before, after].map((text) => text.split("\n"));
  return [
    ...old!.filter((line) => !now!.includes(line)).map((line) => `- ${line}`),
    ...now!.filter((line) => !old!.includes(line)).map((line) => `+ ${line}`),
  ].join("\n");
}

function tell(fault: Fault, call: string, result: CaseResult, wrong: string[]): string {
  return [
    `${fault.scenario}: ${fault.name} ${fault.number} ${fault.errno}: ${call}`,
    ...wrong,
    `exit status ${result.code}: ${result.output.slice(0, 2000)}`,
    `status, exit status ${result.status}: ${result.statusOutput.slice(0, 600)}`,
  ].join("\n");
}
