/** Holds that a test is skipped in one way alone, which names and counts it, and what the launcher runs. */

import { assertEquals } from "@std/assert";
import { join, relative } from "@std/path";
import { listTestFiles, planGroups, runGroups } from "../../.tasks/test_lanes.ts";
import { readSources } from "../support/import_graph.ts";
import { findMissing } from "../support/needs.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

/** How else a test would leave something out: by Deno's own option, or in its body, uncounted. */
const OTHER_WAYS = /\bignore(?::|\()|\bDeno\.test\.ignore\b|`skipped:? \$|"skipped: "/g;

Deno.test("tests are skipped by tests/support/needs.ts alone", async () => {
  const sources = (await readSources(["tests"])).filter(({ path }) =>
    path !== "tests/support/needs.ts" && path !== "tests/house/skips_test.ts"
  );
  const ways = sources.flatMap(({ path, code }) =>
    (code.match(OTHER_WAYS) ?? []).map((way) => `${path}: ${way}`)
  );
  assertEquals(ways, []);
});

Deno.test("findMissing() names all that is missing, and nothing that is there", () => {
  assertEquals(findMissing({ programs: ["sh"], files: ["/"], isRoot: false }), undefined);
  assertEquals(
    findMissing({ programs: ["sh", "no-such-program"], files: ["/no/such/file"] }),
    'no program "no-such-program", "/no/such/file" is not there',
  );
});

/** The lock is this configuration's. */
const CONFIG = `--config=${join(PROJECT_DIR, "deno.json")}`;

/** Runs the launcher's `test` on a small file and says which tests it ran, in what environment. */
async function launch(args: readonly string[]): Promise<string> {
  const work = await Deno.makeTempDir({ prefix: "torcx-launch-" });
  try {
    const print =
      'Deno.test("NAME", () => console.log("NAME", Deno.env.get("LC_ALL"), Deno.env.get("PATH")));';
    await Deno.mkdir(join(work, "tests/three"), { recursive: true });
    for (const name of ["one", "two", "tests/three/three", "tests/four"]) {
      await Deno.writeTextFile(
        join(work, `${name}_test.ts`),
        print.replaceAll("NAME", name.replace(/.*\//, "")),
      );
    }
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-config",
        "--no-lock",
        join(PROJECT_DIR, ".tasks/launch.ts"),
        "test",
        CONFIG,
        ...args,
      ],
      cwd: work,
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin", HOME: work, TORCX_STD: "local", NO_COLOR: "1" },
    }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((line) => / C\.UTF-8 |passed,/.test(line))
      .join("\n");
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

const ENVIRONMENT = "C.UTF-8 /usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

Deno.test("the launcher runs the default set in one language, with the programs of sbin", async () => {
  assertEquals(
    await launch(["-A", "--unless-named=two_test.ts"]),
    `two ${ENVIRONMENT}\n1 passed, 0 failed, 0 skipped`,
  );
});

Deno.test("the launcher runs the files that are named instead of the default set", async () => {
  assertEquals(
    await launch(["-A", "--unless-named=two_test.ts", "one_test.ts"]),
    `one ${ENVIRONMENT}\n1 passed, 0 failed, 0 skipped`,
  );
  assertEquals(
    await launch(["-A", "--unless-named=--ignore=one_test.ts", "one_test.ts"]),
    `one ${ENVIRONMENT}\n1 passed, 0 failed, 0 skipped`,
  );
});

Deno.test("the launcher runs all tests but those of a directory side by side, and adds their counts up", async () => {
  assertEquals(
    (await launch(["-A", "--unless-named=--all-but=tests/vm"])).split("\n").sort(),
    ["2 passed, 0 failed, 0 skipped", `four ${ENVIRONMENT}`, `three ${ENVIRONMENT}`],
  );
  assertEquals(
    await launch(["-A", "--unless-named=--all-but=tests/three"]),
    `four ${ENVIRONMENT}\n1 passed, 0 failed, 0 skipped`,
  );
});

Deno.test("planGroups() puts each file into one group, and what measures time alone at the end", async () => {
  const files = await listTestFiles(join(PROJECT_DIR, "tests"), join(PROJECT_DIR, "tests/vm"));
  const names = files.map((file) => relative(PROJECT_DIR, file)).sort();
  const groups = planGroups(names);
  assertEquals(groups.flatMap((group) => group.files).sort(), names);
  assertEquals(groups.filter(({ isAlone }) => isAlone).map(({ name }) => name), ["tests/bench"]);
  const order: string[] = [];
  await runGroups(groups, { lanes: 2, run: ({ name }) => Promise.resolve(void order.push(name)) });
  assertEquals(order.length, groups.length);
  assertEquals(order.at(-1), "tests/bench");
});
