/**
 * Owns the run of many trials from one seed, in mounts that nobody else sees, and the listing of the smallest system
 * that differs.
 */

import fc from "npm:fast-check@4.10.2";
import { encodePath } from "../../lib/bytes.ts";
import { mountTmpfs, unmount } from "../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../lib/sys/namespace.ts";
import { Root } from "../../lib/sys/root.ts";
import { type TrialOptions, trySystem } from "./trial.ts";
import { listTree } from "./disk.ts";
import type { ThoughtSystem } from "./systems.ts";

/** How many, and from where. */
export interface ExploreOptions extends TrialOptions {
  count: number;
  seed: number;
}

/** What many trials came to. */
export interface Exploration {
  /** How often each outcome was. */
  outcomes: Record<string, number>;
  /** How many sealed systems had what. */
  features: Record<string, number>;
  /** The smallest system that differs, for people; undefined if none does. */
  failure: string | undefined;
}

/** Plan, boot and model do not say the same. */
class Difference extends Error {
  override toString(): string {
    return this.message;
  }
}

/** Tries systems up to the first one that differs. */
export async function explore(
  systems: fc.Arbitrary<ThoughtSystem>,
  { count, seed, ...options }: ExploreOptions,
): Promise<Exploration> {
  // A root that is opened before lies among the mounts that all see.
  enterPrivateMountNamespace();
  const outcomes: Exploration["outcomes"] = {};
  const features: Exploration["features"] = {};
  const directory = Deno.makeTempDirSync({ prefix: "torcx-random-" });
  {
    using host = Root.open("/");
    // What is written is synced again and again: in memory that costs nothing.
    mountTmpfs(host, encodePath(directory));
  }
  try {
    const property = fc.asyncProperty(systems, async (system) => {
      const trial = await trySystem(system, directory, options);
      const { outcome, differences } = trial;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      for (const feature of trial.features) features[feature] = (features[feature] ?? 0) + 1;
      if (differences.length > 0) throw new Difference(differences.join("\n"));
    });
    const details = await fc.check(property, { numRuns: count, seed });
    if (!details.failed) return { outcomes, features, failure: undefined };
    const [system] = details.counterexample!;
    const fault = details.errorInstance;
    const reason = fault instanceof Error && !(fault instanceof Difference) ? fault.stack : fault;
    return { outcomes, features, failure: `${describeSystem(system)}\n${reason}` };
  } finally {
    // A plan enters a namespace of its own each time: the root of before lies in another one.
    using host = Root.open("/");
    unmount(host, encodePath(directory));
    Deno.removeSync(directory);
  }
}

/** Lists a system so that it can be made again by hand. */
export function describeSystem({ tree, environment, kernelCommandLine }: ThoughtSystem): string {
  const lines = [
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ...kernelCommandLine === "" ? [] : [`kernel command line: ${kernelCommandLine}`],
    ...listTree(tree),
  ];
  for (const [path, node] of tree.entries()) {
    if (node.type !== "file" || node.meaning?.as !== "archive" || node.meaning.image === undefined) continue;
    lines.push(...listTree(node.meaning.image).map((line) => `  in ${path}: ${line}`));
  }
  return lines.join("\n");
}
