/**
 * Owns one trial: a system is made, planned and applied; plan, boot and model must say the same, and the disk must
 * be as they say. It returns what differs.
 */

import { encodePath } from "../../lib/bytes.ts";
import { unmount } from "../../lib/sys/mounts.ts";
import { Root } from "../../lib/sys/root.ts";
import { readMounts } from "../support/mounts.ts";
import { writeSystem } from "./build.ts";
import { type Call, compareApply, comparePlan, getOutcome, type Outcome } from "./compare.ts";
import { listTree, readDisk } from "./disk.ts";
import { type ModelBoot, modelBoot } from "./model.ts";
import { type CallResult, callTorcx } from "./program.ts";
import type { ThoughtSystem } from "./systems.ts";
import { compareAfter, compareDryRun, compareLists } from "./verbs.ts";

/** What a trial came to. */
export interface TrialResult {
  /** How the boot ended. */
  outcome: Outcome;
  /** What a system that was sealed had, so that one can tell that all was tried. */
  features: string[];
  /** What differs between plan, boot and model; empty if all is as it must be. */
  differences: string[];
}

/** How {@linkcode trySystem} tries. */
export interface TrialOptions {
  /** @default calls in this process */
  call?: Call;
  /** Which verbs are compared beside plan and apply. @default {"all"} */
  verbs?: "all" | "dry run" | "none";
}

/** Calls the verb in this process. */
export function callHere(args: readonly string[], system: ThoughtSystem): Promise<CallResult> {
  const { environment, kernelCommandLine } = system;
  return callTorcx(args, { environment, kernelCommandLine });
}

/** Tries a system in a new directory below another one. */
export async function trySystem(
  system: ThoughtSystem,
  parent: string,
  { call = callHere, verbs = "all" }: TrialOptions = {},
): Promise<TrialResult> {
  const directory = Deno.makeTempDirSync({ dir: parent });
  const differences: string[] = [];
  const compare = (what: string, actual: readonly string[], expected: readonly string[]): void => {
    differences.push(...listDifferences(actual, expected).map((line) => `${what}: ${line}`));
  };
  try {
    writeSystem(directory, system.tree);
    const before = listTree(readDisk(directory));
    compare("what is made", before, listTree(system.tree));
    const boot = modelBoot(system, { isThisBoot: true });
    const plan = await call(["plan", "--output=json", "--root", directory], system);
    compare("after the plan", listTree(readDisk(directory)), before);
    comparePlan(plan, modelBoot(system, { isThisBoot: false }), compare);
    if (verbs !== "none") await compareDryRun(system, boot, { directory, call, compare });
    if (verbs === "all") await compareLists(system, { directory, call, compare });
    compare("after the lists", listTree(readDisk(directory)), before);
    const apply = await call(["apply", "--output=json", "--root", directory], system);
    compareApply(apply, boot, { directory, system, compare });
    if (verbs === "all") await compareAfter(system, boot, { directory, call, compare });
    if (!system.kernelCommandLine.includes("torcx_profile=") && (plan.code === 0) !== (apply.code === 0)) {
      differences.push(`plan exits ${plan.code}, apply ${apply.code}`);
    }
    if (differences.length > 0) differences.push(`plan: ${plan.stderr}`, `apply: ${apply.stderr}`);
    const outcome = getOutcome(boot);
    const isSealed = outcome === "sealed" || outcome === "degraded";
    return { outcome, features: isSealed ? listFeatures(boot) : [], differences };
  } finally {
    unmountAll(directory);
    Deno.removeSync(directory, { recursive: true });
  }
}

function listFeatures({ images, assets, conflicts, selection }: ModelBoot): string[] {
  const lines = [
    ...images.flatMap(({ archive }) => archive === undefined ? [] : [`a ${archive.format}`]),
    ...images.map(({ image }) => `an image of ${image.profile}`),
    ...assets.map(({ kind, how }) => `a ${how.split(" ", 1)[0]} of ${kind}`),
    ...conflicts.map(({ kept }) =>
      `a conflict with ${kept.startsWith("image ") ? "an image" : "the system"}`
    ),
    ...selection!.lower.map((name) => `profile ${name}`),
  ];
  return [...new Set(lines)];
}

/** The lines that only one of two lists has. */
function listDifferences(actual: readonly string[], expected: readonly string[]): string[] {
  const left = [...expected];
  const extra = actual.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [...extra.map((line) => `too many: ${line}`), ...left.map((line) => `missing: ${line}`)];
}

/** Unmounts what an apply has mounted below a directory, the last mount first. */
function unmountAll(directory: string): void {
  const targets = readMounts().map(({ target }) => target).filter((target) =>
    target.startsWith(`${directory}/`)
  );
  using root = Root.open("/");
  for (const target of targets.reverse()) unmount(root, encodePath(target));
}
