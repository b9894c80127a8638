/** Owns the run of shell steps in a mount namespace of their own, in which `torcx VERB` is the real program. */

import { assertEquals } from "@std/assert";
import { type RunOptions, runTorcx } from "./binary.ts";

/** What one step came to, both streams as one. */
export interface StepResult {
  output: string;
  code: number;
}

/** What goes before the steps. */
export interface StepOptions extends Pick<RunOptions, "env"> {
  /** Arguments of every call of the program. */
  args: readonly string[];
  /** The working directory. */
  cwd: string;
  /** Lines of shell that prepare the namespace. */
  prologue?: readonly string[];
}

/** Runs steps of a shell one after the other in one mount namespace. */
export async function runShellSteps(
  steps: readonly string[],
  { args, prologue = [], ...options }: StepOptions,
): Promise<StepResult[]> {
  // The marks cannot be a step's own output: they hold a number that is new at each call.
  const mark = crypto.randomUUID();
  const script = [
    'program=("$@"); torcx() { "${program[@]}" "$@"; }',
    ...prologue,
    ...steps.map((step) => `{ ${step}\n} 2>&1; echo "${mark} $?"`),
  ].join("\n");
  const { stdout, stderr } = await runTorcx(args, {
    ...options,
    through: ["unshare", "-m", "bash", "-c", script, "bash"],
  });
  const parts = stdout.split(new RegExp(`^(.*)${mark} (\\d+)\n`, "m"));
  const results: StepResult[] = [];
  // split() gives the text, what stands before the mark on its line, and the exit status in turn.
  for (let at = 0; at + 2 < parts.length; at += 3) {
    results.push({ output: parts[at]! + parts[at + 1]!, code: Number(parts[at + 2]) });
  }
  assertEquals(results.length, steps.length, stdout + stderr);
  return results;
}
