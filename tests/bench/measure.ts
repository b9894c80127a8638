/**
 * Owns the measuring: commands timed in turn (so that a busy moment hits all of them), medians, and the
 * peak memory of one run.
 */

import { exists } from "@std/fs";

const TIME_PROGRAM = "/usr/bin/time";

/** One command to be timed. */
export interface Candidate {
  name: string;
  command: readonly [string, ...string[]];
  /** Takes the milliseconds from standard error, for a command that has a clock of its own. */
  readTime?: (stderr: string) => number;
  /** Whether it may end with 1, as where the tmpfs is too small. */
  canFail?: boolean;
  /** Runs before each time, outside of the clock. */
  prepare?: () => Promise<void> | void;
  /** Runs after each time, outside of the clock. */
  cleanUp?: () => Promise<void> | void;
}

/** Milliseconds by the candidate's name. */
export type Medians = ReadonlyMap<string, number>;

/** Runs a command and throws unless it ends with 0; returns what it printed on standard error. */
export async function runCommand(command: Candidate["command"]): Promise<string> {
  const { code, stderr } = await makeCommand(command).output();
  return checkEnd(command, code, new TextDecoder().decode(stderr));
}

/** Runs the candidates one after the other, `runs` times, and returns the median time of each. */
export async function measureTimes(candidates: readonly Candidate[], runs: number): Promise<Medians> {
  const times = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const { name, command, readTime, prepare, cleanUp } of candidates) {
      await prepare?.();
      const started = performance.now();
      const stderr = await runCommand(command);
      const elapsed = performance.now() - started;
      times.get(name)!.push(readTime?.(stderr) ?? elapsed);
      await cleanUp?.();
    }
  }
  return new Map([...times].map(([name, list]) => [name, findMedian(list)]));
}

/** Runs the candidate once more and returns the most memory it had, in KiB. */
export async function measurePeakMemory(candidate: Candidate): Promise<number> {
  await candidate.prepare?.();
  const peak = await exists(TIME_PROGRAM) ? await readMaxRss(candidate) : await pollHighWater(candidate);
  await candidate.cleanUp?.();
  return peak;
}

/** Says how {@linkcode measurePeakMemory} measures here. */
export async function describeMemoryMethod(): Promise<string> {
  return await exists(TIME_PROGRAM) ? `${TIME_PROGRAM} -f %M` : "VmHWM, looked at every 2 ms";
}

/** Returns the middle of a list that is not empty; of an even number, the mean of the two in the middle. */
export function findMedian(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function makeCommand([path, ...args]: Candidate["command"]): Deno.Command {
  const names = ["PATH", "HOME", "DENO_DIR"].filter((name) => Deno.env.has(name));
  return new Deno.Command(path, {
    args,
    clearEnv: true,
    env: Object.fromEntries(names.map((name) => [name, Deno.env.get(name)!])),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
}

function checkEnd(command: readonly string[], code: number, stderr: string): string {
  if (code !== 0) throw new Error(`Cannot measure "${command.join(" ")}": ended with ${code}: ${stderr}`);
  return stderr;
}

async function readMaxRss({ command, canFail = false }: Candidate): Promise<number> {
  const { code, stderr: raw } = await makeCommand([TIME_PROGRAM, "-f", "%M", ...command]).output();
  const stderr = new TextDecoder().decode(raw);
  if (!canFail || code !== 1) checkEnd(command, code, stderr);
  return Number(stderr.trim().split("\n").at(-1));
}

// The value only grows: what is lost is the growth after the last look.
async function pollHighWater({ command, canFail = false }: Candidate): Promise<number> {
  const child = makeCommand(command).spawn();
  let peak = 0;
  const timer = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // It has just ended.
    }
  }, 2);
  const { code, stderr } = await child.output().finally(() => clearInterval(timer));
  if (!canFail || code !== 1) checkEnd(command, code, new TextDecoder().decode(stderr));
  return peak;
}
