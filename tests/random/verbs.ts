/**
 * Owns the comparison of what the verbs tell of a system, before and after its boot, with the model: the lists of
 * images and profiles, whether all images are there, the state, and that a second apply touches nothing.
 */

import { listTree, readDisk } from "./disk.ts";
import type { Call, Compare, Json } from "./check.ts";
import type { ModelBoot } from "./model.ts";
import { listProfiles, readNext, readProfile } from "./model_profiles.ts";
import { readSettings, Refusal } from "./model_settings.ts";
import { indexStores } from "./model_stores.ts";
import type { ThoughtSystem } from "./systems.ts";

/** Where verbs are called, and how they are compared. */
export interface VerbOptions {
  directory: string;
  call: Call;
  compare: Compare;
}

/** An OS version that does not run. */
export const OTHER_VERSION = "9.9";
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
      tell: () => tellCheck(system, osVersion),
    });
  }
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

/** All images of the next profile must be in a store; one without images passes. */
function tellCheck(system: ThoughtSystem, osVersion: string | undefined): undefined {
  const settings = readSettings(system, osVersion === undefined ? {} : { osVersion });
  const profiles = listProfiles(system.tree, settings);
  const next = readNext(system.tree, settings, profiles);
  if (next === undefined) throw new Refusal("no next profile");
  const images = readProfile(system.tree, profiles.get(next)!);
  if (images.length === 0) return;
  const archives = indexStores(system.tree, settings);
  const counting = new Map(images.map(({ name, reference }) => [name, reference]));
  for (const [name, reference] of counting) {
    if (reference !== "" && !archives.has(`${name}:${reference}`)) {
      throw new Refusal(`no ${name}:${reference}`);
    }
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
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
