/**
 * `deno task random [--systems N] [--seed S]`: makes random systems, plans and applies each, and holds both against
 * a model of the contract. One that differs is made as small as can be and listed with its seed; the exit status
 * is 1 then. It takes root.
 */

import { explore } from "./explore.ts";

function readNumber(name: string, fallback: number): number {
  const at = Deno.args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (at < 0) return fallback;
  const value = Number(Deno.args[at]!.split("=")[1] ?? Deno.args[at + 1]);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${name} takes a whole number`);
  return value;
}

const start = performance.now();
const seed = readNumber("--seed", Date.now() % 2 ** 31);
const { outcomes, failure } = await explore({ systems: readNumber("--systems", 1000), seed });
const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`).join(", ");
Deno.stdout.writeSync(
  new TextEncoder().encode(
    `${failure ?? "nothing differs"}\nseed ${seed}: ${counts}, in ${
      Math.round(performance.now() - start)
    } ms\n`,
  ),
);
if (failure !== undefined) Deno.exit(1);
