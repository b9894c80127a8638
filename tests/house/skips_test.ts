/** Holds that a test is skipped in one way alone, which names and counts it, and what the launcher runs. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
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
    for (const name of ["one", "two"]) {
      await Deno.writeTextFile(join(work, `${name}_test.ts`), print.replaceAll("NAME", name));
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
