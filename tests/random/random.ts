/**
 * `deno task random [--systems N] [--trees N] [--seed S]`: makes random systems, and such as have nothing odd but the
 * trees of their images, plans and applies each, and holds both against a model of the contract. One that differs is made as small as can be and listed with its seed; the exit status
 * is 1 then. It takes root.
 */

import { parseNumberFlags } from "../support/number_flags.ts";
import { explore } from "./explore.ts";
import { SYSTEM, TREE_SYSTEM } from "./systems.ts";

function describeCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([what, number]) => `${number} ${what}`).join(", ");
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

const given = parseNumberFlags(Deno.args, ["systems", "trees", "seed"]);
const { seed = Date.now() % 2 ** 31 } = given;
const isNamed = given.systems !== undefined || given.trees !== undefined;
for (const [name, systems] of [["systems", SYSTEM], ["trees", TREE_SYSTEM]] as const) {
  const start = performance.now();
  const count = given[name] ?? (isNamed ? 0 : 1000);
  if (count === 0) continue;
  const { outcomes, features, failure } = await explore(systems, { count, seed });
  const counts = describeCounts(outcomes);
  const duration = Math.round(performance.now() - start);
  print(`${failure ?? "nothing differs"}\n${name} of seed ${seed}: ${counts}, in ${duration} ms`);
  print(`of those that were sealed, with ${describeCounts(features)}`);
  if (failure !== undefined) Deno.exit(1);
}
