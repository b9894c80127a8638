/**
 * Owns how archives and stores are removed on the command line: the list is shown, on a terminal a person is
 * asked, what is gone is told. It refuses to plan.
 */

import { listMessages, TorcxError } from "../../../errors.ts";
import type { System } from "../../../config/system.ts";
import { SILENT_LOG } from "../../../log.ts";
import { type Removal, type RemovalResult, removePlanned } from "../../../catalog/removal.ts";
import type { RemovalsOutput } from "../../../manifest/outputs/image_removals.ts";
import type { Context } from "../../context.ts";
import { formatSize, type Output, printable } from "../../output.ts";

/** Options of {@linkcode carryOut}. */
export interface CarryOutOptions {
  /** Plans; it is called once more when a person has answered. */
  makePlan: (system: System) => readonly Removal[];
  isDryRun: boolean;
  /** Nobody is asked. */
  isYes: boolean;
  /** What the verb attempts, for its errors, e.g. `Cannot prune the user store`. */
  intent: string;
  /** Makes the JSON form of what every such verb tells and of what is gone. */
  encode: (removed: readonly Removal[], common: RemovalsOutput) => string;
}

/**
 * Shows the plan, asks where a person is there, removes, and tells what is gone.
 *
 * @throws {TorcxError} `failed` if the answer is not yes, the plan does not hold any more after it, or
 *   something could not be removed; what `makePlan` throws.
 */
export async function carryOut(
  system: System,
  context: Context,
  options: CarryOutOptions,
): Promise<void> {
  const { isDryRun, intent, makePlan } = options;
  const { stdout, ask } = context;
  const plan = makePlan(system);
  const isAsked = ask !== undefined && !options.isYes && !isDryRun && plan.length > 0;
  if (isAsked) {
    writeList(stdout, plan);
    if (await askFor(ask, { plan, stdout }) !== "y") {
      throw new TorcxError("failed", `${intent}: it was not confirmed, and nothing is removed`, {
        hint: 'Answer "y", or give "--yes"',
      });
    }
    if (!covers(makePlan({ ...system, log: SILENT_LOG }), plan)) {
      throw new TorcxError("failed", `${intent}: what is there has changed since, and nothing is removed`, {
        hint: "Call it again to see the new list",
      });
    }
  }
  const result = isDryRun ? { removed: [...plan], failures: [] } : removePlanned(system, plan);
  if (stdout.format === "json") writeDocument(stdout, options, result);
  else {
    if (!isAsked) writeList(stdout, result.removed);
    const what = result.removed.length === 0 ? "nothing" : summarize(result.removed);
    stdout.writeLine(`${isDryRun ? "would remove" : "removed"} ${what}`);
  }
  throwFailures(intent, plan, result);
}

/** Returns whether a newer plan still removes all that was shown: an answer may come late. */
function covers(plan: readonly Removal[], shown: readonly Removal[]): boolean {
  const getKey = ({ path, identity }: Removal): string => `${identity} ${path}`;
  const keys = new Set(plan.map(getKey));
  return shown.every((removal) => keys.has(getKey(removal)));
}

/** Returns the answer in small letters; undefined if there is none. */
async function askFor(
  ask: NonNullable<Context["ask"]>,
  { plan, stdout }: { plan: readonly Removal[]; stdout: Output },
): Promise<string | undefined> {
  let answer;
  try {
    answer = await ask(`Remove ${summarize(plan)}? (y/N)`);
    return answer?.trim().toLowerCase();
  } finally {
    // Without an answer the cursor still stands behind the question.
    if (answer === undefined) stdout.writeLine();
  }
}

function writeDocument(stdout: Output, options: CarryOutOptions, { removed, failures }: RemovalResult): void {
  stdout.writeText(options.encode(removed, {
    changed: !options.isDryRun && removed.length > 0,
    is_dry_run: options.isDryRun,
    bytes: sumBytes(removed),
    failures: failures.map(({ removal, error }) => ({
      path: removal.path,
      error: listMessages(error).join(": "),
    })),
  }));
}

function throwFailures(intent: string, plan: readonly Removal[], { failures }: RemovalResult): void {
  if (failures.length === 0) return;
  const errors = failures.map(({ error }) => error);
  throw new TorcxError("failed", `${intent}: ${failures.length} of ${plan.length} removals failed`, {
    cause: errors.length === 1 ? errors[0] : new AggregateError(errors, ""),
  });
}

/** Writes the paths below the reason why each goes. */
function writeList(stdout: Output, removals: readonly Removal[]): void {
  const width = Math.max(...removals.map(({ path }) => printable(path).length));
  for (const [reason, group] of Map.groupBy(removals, (removal) => removal.reason)) {
    stdout.writeLine(`${printable(reason)}:`);
    for (const removal of group) {
      stdout.writeLine(`  ${printable(removal.path).padEnd(width)}  ${describe(removal)}`);
    }
  }
}

function describe({ kind, bytes }: Removal): string {
  if (kind === "link") return "symlink";
  return kind === "empty" ? "directory" : formatSize(bytes);
}

/** Says what a list comes to, e.g. `2 archives, 1 directory, 5.1 MiB`. */
function summarize(removals: readonly Removal[]): string {
  const count = (one: string, many: string, kinds: readonly Removal["kind"][]): string[] => {
    const { length } = removals.filter(({ kind }) => kinds.includes(kind));
    return length === 0 ? [] : [`${length} ${length === 1 ? one : many}`];
  };
  return [
    ...count("archive", "archives", ["archive"]),
    ...count("directory", "directories", ["directory", "empty"]),
    ...count("symlink", "symlinks", ["link"]),
    formatSize(sumBytes(removals)),
  ].join(", ");
}

function sumBytes(removals: readonly Removal[]): number {
  return removals.reduce((sum, { bytes }) => sum + bytes, 0);
}
