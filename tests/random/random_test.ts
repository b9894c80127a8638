/**
 * Tests that the plan is the boot, and both the contract: random systems and image trees are planned and applied, in
 * this process and a share by the program, and held against a model.
 */

import { assert, assertEquals } from "@std/assert";
import { runTorcx } from "../support/binary.ts";
import { readSources } from "../support/import_graph.ts";
import { testWith } from "../support/needs.ts";
import type { Call } from "./compare.ts";
import { explore } from "./explore.ts";
import { SYSTEM, TREE_SYSTEM } from "./systems.ts";
import { callHere } from "./trial.ts";

/** Another seed tries others: `deno task random --seed S`. */
const SEED = 20_190_412;
const SYSTEMS = 500;
const TREES = 300;
const PROGRAM_SYSTEMS = 30;
/** What sealed systems must have had. */
const FEATURES = [
  "a tgz",
  "a conflict with an image",
  "a conflict with the system",
  "an image of edge",
  "an image of vendor",
  "profile docker-1.12-yes",
  "a link of bin",
  ...["copy", "link", "directory"].flatMap((how) => [`a ${how} of units`, `a ${how} of tmpfiles`]),
];

testWith(
  `${SYSTEMS} random systems: the plan is the boot, and both are the contract`,
  { isRoot: true },
  async () => {
    const { outcomes, features, failure } = await explore(SYSTEM, { count: SYSTEMS, seed: SEED });
    assertEquals(failure, undefined);
    // Of each outcome there is enough to show something.
    for (
      const [outcome, least] of [["sealed", 100], ["degraded", 20], ["failed", 50], ["refused", 50]] as const
    ) {
      assert((outcomes[outcome] ?? 0) >= least, `${outcome}: ${outcomes[outcome]}`);
    }
    assertEquals(FEATURES.filter((feature) => (features[feature] ?? 0) < 2), []);
  },
);

testWith(
  `${TREES} random image trees: the plan is the boot, and both are the contract`,
  { isRoot: true },
  async () => {
    const { outcomes, failure } = await explore(TREE_SYSTEM, { count: TREES, seed: SEED, verbs: "dry run" });
    assertEquals(failure, undefined);
    assert((outcomes["sealed"] ?? 0) >= TREES / 2, JSON.stringify(outcomes));
  },
);

/** The program itself; a kernel command line is the running system's alone. */
const callProgram: Call = (args, { environment }) => runTorcx(args, { env: environment });

testWith(
  `${PROGRAM_SYSTEMS} random systems by the program: as in this process`,
  { isRoot: true },
  async () => {
    const systems = SYSTEM.map((system) => ({ ...system, kernelCommandLine: "" }));
    const { outcomes, failure } = await explore(systems, {
      count: PROGRAM_SYSTEMS,
      seed: SEED,
      call: callProgram,
      verbs: "none",
    });
    assertEquals(failure, undefined);
    assert((outcomes["sealed"] ?? 0) >= 5, JSON.stringify(outcomes));
  },
);

Deno.test("the model of the contract is of its own: nothing of it comes from lib", async () => {
  const models = (await readSources(["tests/random"])).filter(({ path }) =>
    /(?:model|file_tree|documents)/.test(path)
  );
  assertEquals(models.length, 8);
  for (const { path, code } of models) assertEquals(/\.\.\/lib\//.exec(code), null, path);
});

/** What a program that is wrong would print. */
const LIES: Record<string, (verb: string, text: string) => string> = {
  "a plan without assets": (verb, text) =>
    verb === "plan" ? text.replace(/"assets": \[[^\]]+\]/, '"assets": []') : text,
  "an image list without its last image": (verb, text) =>
    verb === "image" ? text.replace(/,\s*\{[^}]*\}\s*\]/, "]") : text,
  "another archive": (_, text) => text.replace(/("archive_path": ")/, "$1/other"),
};

for (const [what, lie] of Object.entries(LIES)) {
  testWith(`random systems: ${what} is found, and made small`, { isRoot: true }, async () => {
    const call: Call = async (args, system) => {
      const result = await callHere(args, system);
      return { ...result, stdout: lie(args[0]!, result.stdout) };
    };
    const { failure } = await explore(TREE_SYSTEM, { count: 200, seed: SEED, call });
    assert(failure !== undefined);
    // The listing of a system that was not made small has hundreds of lines.
    assert(failure.split("\n").length < 60, failure);
  });
}
