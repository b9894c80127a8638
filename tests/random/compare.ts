/**
 * Owns the comparison of a plan and of an apply with the model: exit status, what they name, and all files afterwards,
 * the images' trees included.
 */

import { listTree, readDisk } from "./disk.ts";
import { FileTree } from "./file_tree.ts";
import { type ModelBoot, type ModelConflict, type ModelPlace, openArchive } from "./model.ts";
import type { CallResult } from "./program.ts";
import type { ThoughtSystem } from "./systems.ts";

// deno-lint-ignore no-explicit-any -- what a script sees
export type Json = any;

/** Runs a verb of the program on a system. */
export type Call = (args: readonly string[], system: ThoughtSystem) => Promise<CallResult>;

/** Keeps the lines that one of two lists lacks, in whatever order they are. */
export type Compare = (what: string, actual: readonly string[], expected: readonly string[]) => void;

/** How a boot ends. */
export type Outcome = "sealed" | "degraded" | "failed" | "refused";

/** Returns how a boot ends by the model. */
export function getOutcome({ refusal, isSealed, selection }: ModelBoot): Outcome {
  if (refusal !== undefined) return "refused";
  if (!isSealed) return "failed";
  return selection?.isUpperMissing === true ? "degraded" : "sealed";
}

function listProfiles(
  { lower, upper }: { lower: readonly string[]; upper: string | undefined | null },
): string[] {
  return [...lower.map((name) => `lower ${name}`), `upper ${upper ?? "none"}`];
}

/** Compares what `torcx plan` told. */
export function comparePlan({ code, stdout }: CallResult, model: ModelBoot, compare: Compare): void {
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

/** On which system it was. */
export interface ApplyOptions {
  directory: string;
  system: ThoughtSystem;
  compare: Compare;
}

/** Compares what `torcx apply` told and made. */
export function compareApply({ code, stdout }: CallResult, model: ModelBoot, options: ApplyOptions): void {
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
