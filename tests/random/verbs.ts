/**
 * Owns the comparison of what the verbs tell of a system, before and after its boot, with the model: the lists of
 * images and profiles, whether all images are there, the state, and that a second apply touches nothing.
 */

import type { FileTree, Found, NotFound } from "./file_tree.ts";
import { listTree, readDisk } from "./disk.ts";
import { type Call, type Compare, comparePlan, type Json } from "./compare.ts";
import { type ModelBoot, modelBoot, openArchive } from "./model.ts";
import { listAssets } from "./model_images.ts";
import { listProfiles, readNext, readProfile } from "./model_profiles.ts";
import { type ModelSettings, readSettings, Refusal } from "./model_settings.ts";
import { indexStores } from "./model_stores.ts";
import type { ThoughtSystem } from "./systems.ts";

/** Where verbs are called, and how they are compared. */
export interface VerbOptions {
  directory: string;
  call: Call;
  compare: Compare;
}

/** An OS version that does not run. */
const OTHER_VERSION = "9.9";
/** The one that runs, where one does. */
const VERSION = "1.2.3";

/** Compares the lists and checks of a system, which change nothing. */
export async function compareLists(system: ThoughtSystem, options: VerbOptions): Promise<void> {
  await compareVerb(["profile", "list"], system, { ...options, tell: () => tellProfiles(system) });
  for (const osVersion of [undefined, VERSION, OTHER_VERSION]) {
    const args = osVersion === undefined ? [] : ["-n", osVersion];
    await compareVerb(["image", "list", ...args], system, {
      ...options,
      tell: () => tellImages(system, osVersion),
    });
    await compareVerb(["profile", "check", ...args], system, {
      ...options,
      tell: () => tellCheck(system, { osVersion }),
    });
  }
  const { directory, call, compare } = options;
  const other = await call(["plan", "-n", OTHER_VERSION, "--output=json", "--root", directory], system);
  comparePlan(other, modelBoot(system, { isThisBoot: false, osVersion: OTHER_VERSION }), compare);
  await compareVerb(["profile", "check", "--deep"], system, {
    ...options,
    tell: () => tellCheck(system, { isDeep: true }),
  });
}

/** Calls a verb; `tell` says what its JSON must be, undefined for none, and refuses where the verb must fail. */
async function compareVerb(
  args: readonly string[],
  system: ThoughtSystem,
  { directory, call, compare, tell }: VerbOptions & { tell: () => unknown },
): Promise<void> {
  const { code, stdout } = await call([...args, "--output=json", "--root", directory], system);
  const expected = describeExpected(tell);
  const told = stdout === "" ? "nothing" : JSON.stringify(JSON.parse(stdout).value);
  compare(args.join(" "), [`exit ${code}: ${told}`], [expected]);
}

function describeExpected(tell: () => unknown): string {
  try {
    return `exit 0: ${JSON.stringify(tell()) ?? "nothing"}`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return "exit 1: nothing";
  }
}

function tellProfiles(system: ThoughtSystem): Json {
  const settings = readSettings(system);
  const profiles = listProfiles(system.tree, settings);
  return {
    lower_profile_names: [],
    user_profile_name: null,
    current_profile_path: null,
    next_profile_name: readNext(system.tree, settings, profiles) ?? null,
    profiles: [...profiles.keys()].sort(),
  };
}

function tellImages(system: ThoughtSystem, osVersion: string | undefined): Json {
  const running = readSettings(system);
  const settings = osVersion === undefined ? running : readSettings(system, { osVersion });
  const isOther = osVersion !== undefined && osVersion !== running.versionId;
  const stores = settings.stores.filter((path) =>
    !isOther || path !== `${settings.usrDir}/share/torcx/store`
  );
  return [...indexStores(system.tree, { stores }).values()]
    .sort((a, b) => compareTexts(a.name, b.name) || compareTexts(a.reference, b.reference))
    .map(({ name, reference, path }) => ({ name, reference, filepath: path }));
}

/** All images of the next profile must be in a store, and sound if asked; one without images passes. */
function tellCheck(
  system: ThoughtSystem,
  { osVersion, isDeep = false }: { osVersion?: string | undefined; isDeep?: boolean },
): undefined {
  const settings = readSettings(system, osVersion === undefined ? {} : { osVersion });
  const profiles = listProfiles(system.tree, settings);
  const next = readNext(system.tree, settings, profiles);
  if (next === undefined) throw new Refusal("no next profile");
  const images = readProfile(system.tree, profiles.get(next)!, { isCommandLine: true });
  if (images.length === 0) return;
  const archives = indexStores(system.tree, settings);
  const counting = new Map(images.map(({ name, reference }) => [name, reference]));
  for (const [name, reference] of counting) {
    const archive = archives.get(`${name}:${reference}`);
    if (reference === "") continue;
    if (archive === undefined) throw new Refusal(`no ${name}:${reference}`);
    if (isDeep) listAssets(openArchive(system.tree, archive), name);
  }
}

/** Compares what is told after an apply, and applies once more. */
export async function compareAfter(
  system: ThoughtSystem,
  model: ModelBoot,
  options: VerbOptions,
): Promise<void> {
  const { directory, call, compare } = options;
  if (model.settings === undefined) return;
  const left = readDisk(directory);
  const state = model.isSealed ? model.selection!.isUpperMissing ? 4 : 0 : 1;
  // Where RUN could not be made there is nothing that tells of the run.
  const isTold = typeof left.lookUp(model.settings.runDir) !== "string";
  const status = await call(["status", "--output=json", "--root", directory], system);
  compare("status", [`exit ${status.code}`], [`exit ${isTold ? state : 3}`]);
  const again = await call(["apply", "--output=json", "--root", directory], system);
  compare("apply once more", [`exit ${again.code}`], [`exit ${state}`]);
  compare("after it", listTree(readDisk(directory)), listTree(left));
  if (!model.isSealed) return;
  const { lower, upper } = model.selection!;
  const running = {
    lower_profile_names: lower,
    user_profile_name: upper ?? null,
    current_profile_path: `${model.settings.runDir}/profile.json`,
  };
  await compareVerb(["profile", "list"], system, {
    ...options,
    tell: () => ({ ...tellProfiles(system), ...running }),
  });
  if (!isSelectable(model.after!, model.settings)) return;
  for (const name of ["edge", "edge.json", "gone"]) {
    const { code } = await call(["profile", "set-next", name, "--root", directory], system);
    const list = await call(["profile", "list", "--root", directory], system);
    const { profiles, next_profile_name: next } = JSON.parse(list.stdout).value as Json;
    const isThere = profiles.includes(name) && isSound(system, model.settings, name);
    compare(`profile set-next ${name}`, [`exit ${code}`], [`exit ${isThere ? 0 : 1}`]);
    if (isThere) compare("after it", [next], [name]);
  }
}

/** Whether a profile can be read: one that would fail the boot is not selected. */
function isSound({ tree }: ThoughtSystem, settings: ModelSettings, name: string): boolean {
  try {
    readProfile(tree, listProfiles(tree, settings).get(name)!, { isCommandLine: true });
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return false;
  }
}

/** Whether a selector can be written: into a directory, and not over something odd. */
function isSelectable(after: FileTree, { confDir }: ModelSettings): boolean {
  const directory = after.lookUp(confDir);
  if (typeof directory === "string" || directory.node.type !== "directory") return false;
  return ["ENOENT", "file"].includes(getType(after.lookUp(`${confDir}/next-profile`, { isLastKept: true })));
}

function getType(found: Found | NotFound): string {
  return typeof found === "string" ? found : found.node.type;
}

/** Compares the operations on assets of `apply --dry-run` with the model. */
export async function compareDryRun(
  system: ThoughtSystem,
  model: ModelBoot,
  { directory, call, compare }: VerbOptions,
): Promise<void> {
  const { code, stdout } = await call(["apply", "--dry-run", "--output=json", "--root", directory], system);
  compare("dry run", [`exit ${code}`], [`exit ${model.isSealed ? 0 : 1}`]);
  if (!model.isSealed) return;
  const { operations } = JSON.parse(stdout).value as Json;
  compare(
    "dry run",
    operations.flatMap(({ kind, path, target, mode }: Json) =>
      kind === "link"
        ? [`${path} link ${target}`]
        : kind === "copy"
        ? [`${path} copy 0${mode.toString(8)}`]
        : []
    ),
    model.assets.filter(({ how }) => !how.startsWith("directory")).map(({ to, how }) => `${to} ${how}`),
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
