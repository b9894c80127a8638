/**
 * Owns one trial: a system is made, planned and applied; plan, boot and model must say the same, and the disk must
 * be as they say. It returns what differs.
 */

import { encodePath } from "../../lib/bytes.ts";
import { unmount } from "../../lib/sys/mounts.ts";
import { Root } from "../../lib/sys/root.ts";
import { readMounts } from "../support/mounts.ts";
import { writeSystem } from "./build.ts";
import { listTree, readDisk } from "./disk.ts";
import { FileTree } from "./file_tree.ts";
import { type ModelBoot, modelBoot, type ModelConflict, type ModelPlace, openArchive } from "./model.ts";
import { type CallResult, callTorcx } from "./program.ts";
import type { ThoughtSystem } from "./systems.ts";
import { compareAfter, compareDryRun, compareLists, OTHER_VERSION } from "./verbs.ts";

/** What a trial came to. */
export interface TrialResult {
  /** How the boot ended. */
  outcome: "sealed" | "degraded" | "failed" | "refused";
  /** What a system that was sealed had, so that one can tell that all was tried. */
  features: string[];
  /** What differs between plan, boot and model; empty if all is as it must be. */
  differences: string[];
}

// deno-lint-ignore no-explicit-any -- what a script sees
export type Json = any;

/** Runs a verb of the program on a system. */
export type Call = (args: readonly string[], system: ThoughtSystem) => Promise<CallResult>;

/** Calls the verb in this process. */
export function callHere(args: readonly string[], system: ThoughtSystem): Promise<CallResult> {
  const { environment, kernelCommandLine } = system;
  return callTorcx(args, { environment, kernelCommandLine });
}

/** Tries a system in a new directory below another one. */
export async function trySystem(
  system: ThoughtSystem,
  parent: string,
  call: Call = callHere,
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
    const other = await call(["plan", "-n", OTHER_VERSION, "--output=json", "--root", directory], system);
    comparePlan(other, modelBoot(system, { isThisBoot: false, osVersion: OTHER_VERSION }), compare);
    await compareDryRun(system, boot, { directory, call, compare });
    await compareLists(system, { directory, call, compare });
    compare("after the lists", listTree(readDisk(directory)), before);
    const apply = await call(["apply", "--output=json", "--root", directory], system);
    compareApply(apply, boot, { directory, system, compare });
    await compareAfter(system, boot, { directory, call, compare });
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

function getOutcome({ refusal, isSealed, selection }: ModelBoot): TrialResult["outcome"] {
  if (refusal !== undefined) return "refused";
  if (!isSealed) return "failed";
  return selection?.isUpperMissing === true ? "degraded" : "sealed";
}

/** Keeps the lines that one of two lists lacks, in whatever order they are. */
export type Compare = (what: string, actual: readonly string[], expected: readonly string[]) => void;

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

function listProfiles(
  { lower, upper }: { lower: readonly string[]; upper: string | undefined | null },
): string[] {
  return [...lower.map((name) => `lower ${name}`), `upper ${upper ?? "none"}`];
}

function comparePlan({ code, stdout }: CallResult, model: ModelBoot, compare: Compare): void {
  const isGood = model.isSealed && model.selection?.isUpperMissing === false;
  compare("plan", [`exit ${code}`], [`exit ${isGood ? 0 : 1}`]);
  if (model.refusal !== undefined) return compare("plan", [stdout], [""]);
  const { value } = JSON.parse(stdout) as Json;
  const { selection, images } = model;
  compare(
    "plan",
    listProfiles({ lower: value.lower_profiles, upper: value.upper_profile }),
    listProfiles(selection!),
  );
  compare(
    "plan",
    value.images.map((image: Json, at: number) =>
      `${at} ${image.name}:${image.reference} of ${image.profile} from ${image.archive_path} ${
        image.errors.length === 0 ? "good" : "bad"
      }`
    ),
    images.map(({ image, archive, fault }, at) =>
      `${at} ${image.name}:${image.reference} of ${image.profile} from ${archive?.path ?? null} ${
        fault === undefined ? "good" : "bad"
      }`
    ),
  );
  if (images.some(({ fault }) => fault !== undefined)) return;
  compareAssets("plan", value, { model, compare });
}

function compareAssets(
  what: string,
  value: Json,
  { model, compare }: { model: ModelBoot; compare: Compare },
): void {
  const formatPlace = ({ image, kind, from, to }: ModelPlace): string => `${image} ${kind} ${from} ${to}`;
  compare(
    what,
    value.assets.map((asset: Json) => `${formatPlace(asset)} ${describeAsset(asset)}`),
    model.assets.map((asset) => `${formatPlace(asset)} ${asset.how}`),
  );
  const formatConflict = (conflict: ModelConflict): string =>
    `${formatPlace(conflict)} kept as ${conflict.kept}`;
  compare(`${what}'s conflicts`, value.conflicts.map(formatConflict), model.conflicts.map(formatConflict));
}

function describeAsset({ link_text: text, mode, is_directory: isDirectory }: Json): string {
  return text === null ? `${isDirectory ? "directory" : "copy"} ${mode}` : `link ${text}`;
}

interface ApplyOptions {
  directory: string;
  system: ThoughtSystem;
  compare: Compare;
}

function compareApply({ code, stdout }: CallResult, model: ModelBoot, options: ApplyOptions): void {
  const { directory, system, compare } = options;
  const outcome = getOutcome(model);
  compare("apply", [`exit ${code}`], [`exit ${{ sealed: 0, degraded: 4, failed: 1, refused: 1 }[outcome]}`]);
  const { settings } = model;
  if (settings === undefined) {
    return compare("refused apply", listTree(readDisk(directory)), listTree(system.tree));
  }
  const { runDir } = settings;
  const records = ["profile.json", "report.json", "lock"].map((name) => `${runDir}/${name}`);
  const left = [`${runDir}/unpack`, ...records, "/run/metadata/torcx"].map((path) =>
    findRealPath(directory, path)
  );
  const after = listTree(readDisk(directory, left));
  if (outcome === "failed" || outcome === "refused") {
    const failed = system.tree.clone();
    makeRunDir(failed, runDir);
    return compare("failed apply", after, listTree(failed));
  }
  compareAssets("apply", JSON.parse(stdout).value, { model, compare });
  const expected = new FileTree();
  for (const [path, node] of model.after!.entries()) if (!left.includes(path)) expected.put(path, node);
  compare("sealed", after, listTree(expected));
  compareRecords(model, options);
  compareTrees(model, options);
}

function findRealPath(directory: string, path: string): string {
  const parent = path.slice(0, path.lastIndexOf("/"));
  const found = readDisk(directory, []).lookUp(parent);
  return typeof found === "string" ? path : `${found.path}${path.slice(parent.length)}`;
}

function makeRunDir(tree: FileTree, runDir: string): void {
  for (let at = runDir.indexOf("/", 1);; at = runDir.indexOf("/", at + 1)) {
    const path = at < 0 ? runDir : runDir.slice(0, at);
    if (typeof tree.lookUp(path) === "string") {
      const parent = path.slice(0, path.lastIndexOf("/"));
      const found = tree.lookUp(parent === "" ? "/" : parent);
      if (typeof found !== "string") {
        tree.put(`${found.path === "/" ? "" : found.path}${path.slice(parent.length)}`, {
          type: "directory",
        });
      }
    }
    if (at < 0) return;
  }
}

/** The seal and the run profile. */
function compareRecords({ settings, selection }: ModelBoot, { directory, compare }: ApplyOptions): void {
  const { runDir } = settings!;
  const { lower, upper, images } = selection!;
  compare("seal", Deno.readTextFileSync(`${directory}/run/metadata/torcx`).split("\n"), [
    `TORCX_LOWER_PROFILES="${lower.join(":")}"`,
    `TORCX_UPPER_PROFILE="${upper ?? ""}"`,
    `TORCX_PROFILE_PATH="${runDir}/profile.json"`,
    `TORCX_BINDIR="${runDir}/bin"`,
    `TORCX_UNPACKDIR="${runDir}/unpack"`,
    "",
  ]);
  const real = findRealPath(directory, `${runDir}/profile.json`);
  compare("run profile", [JSON.stringify(JSON.parse(Deno.readTextFileSync(directory + real)))], [
    JSON.stringify({
      kind: "profile-manifest-v0",
      value: { images: images.map(({ name, reference }) => ({ name, reference })) },
    }),
  ]);
}

/** The trees of the images: each is what its archive holds. */
function compareTrees({ settings, images }: ModelBoot, { directory, system, compare }: ApplyOptions): void {
  const unpackDir = findRealPath(directory, `${settings!.runDir}/unpack`);
  compare(
    "trees",
    [...Deno.readDirSync(directory + unpackDir)].map(({ name }) => name),
    images.map(({ image }) => image.name),
  );
  for (const { image, archive } of images) {
    const expected = openArchive(system.tree, archive);
    compare(
      `tree of ${image.name}`,
      listTree(readDisk(`${directory}${unpackDir}/${image.name}`)),
      listTree(expected),
    );
  }
}

/** Unmounts what an apply has mounted below a directory, the last mount first. */
function unmountAll(directory: string): void {
  const targets = readMounts().map(({ target }) => target).filter((target) =>
    target.startsWith(`${directory}/`)
  );
  using root = Root.open("/");
  for (const target of targets.reverse()) unmount(root, encodePath(target));
}
