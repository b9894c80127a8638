/**
 * A system in a temporary directory for the tests of whole applies, and a shell in a mount namespace of
 * its own in which `torcx` is the real program on that system.
 */

import { type Node, writeNodes } from "./nodes.ts";
import { runShellSteps, type StepResult } from "./steps.ts";

export type { StepResult };

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
export function runSteps(root: string, steps: readonly string[]): Promise<StepResult[]> {
  return runShellSteps(steps, { args: ["--root", root], cwd: root });
}

/** A step that lists every file below the root's /run with its type, mode, and target. */
export const LIST_RUN =
  `find run -mindepth 1 \\( -path run/torcx/unpack -prune -printf '%y %m %p\\n' -o -printf '%y %m %p %l\\n' \\) | sed 's/ $//' | LC_ALL=C sort -k3`;

/** A step that lists the mounts below the root and the loop devices that hold a file of it. */
export const LIST_MOUNTS =
  `grep -F " $PWD/" /proc/self/mounts; cat /sys/block/loop*/loop/backing_file 2>/dev/null | grep -F "$PWD/"; true`;
