/**
 * A system in a temporary directory for the tests of whole applies, and a shell in a mount namespace of
 * its own in which `torcx` is the real program on that system.
 */

import { assertEquals } from "@std/assert";
import { type Node, writeNodes } from "./nodes.ts";
import { runTorcx } from "./binary.ts";

/** What one step came to, both streams as one. */
export interface StepResult {
  output: string;
  code: number;
}

/** Makes a system, runs the test, and removes it. */
export async function withRoot(
  nodes: Record<string, Node>,
  use: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "torcx-e2e-" }));
  try {
    writeNodes(root, nodes);
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Runs steps of a shell one after the other in one mount namespace; `torcx VERB` is the program. */
export async function runSteps(root: string, steps: readonly string[]): Promise<StepResult[]> {
  // The marks cannot be a step's own output: they hold a number that is new at each call.
  const mark = crypto.randomUUID();
  const script = [
    'program=("$@"); torcx() { "${program[@]}" "$@"; }',
    ...steps.map((step) => `{ ${step}\n} 2>&1; echo "${mark} $?"`),
  ].join("\n");
  const { stdout, stderr } = await runTorcx(["--root", root], {
    cwd: root,
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

/** A step that lists every file below the root's /run with its type, mode, and target. */
export const LIST_RUN =
  `find run -mindepth 1 \\( -path run/torcx/unpack -prune -printf '%y %m %p\\n' -o -printf '%y %m %p %l\\n' \\) | sed 's/ $//' | LC_ALL=C sort -k3`;

/** A step that lists the mounts below the root and the loop devices that hold a file of it. */
export const LIST_MOUNTS =
  `grep -F " $PWD/" /proc/self/mounts; cat /sys/block/loop*/loop/backing_file 2>/dev/null | grep -F "$PWD/"; true`;
