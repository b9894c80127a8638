/** Tests the choice of the @std packages, and the line of counts. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { countTests } from "../../.tasks/test_counts.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

/** Asks a fresh process, whose environment is the given one and little else. */
async function choose(env: Record<string, string>): Promise<string> {
  const module = join(PROJECT_DIR, ".tasks/std/choose.ts");
  const code = `const { chooseStd } = await import("${module}"); console.log((await chooseStd()).note);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-lock", code],
    clearEnv: true,
    env: { HOME: Deno.env.get("HOME") ?? "/", ...env },
  }).output();
  return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
}

/** Runs a server that stands for JSR and returns what the choice is with it. */
async function chooseWith(answer: () => Response | Promise<Response>): Promise<string> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  return await choose({ JSR_URL: `http://127.0.0.1:${server.addr.port}/` });
}

const NOWHERE = { JSR_URL: "http://127.0.0.1:1/" };

Deno.test("chooseStd() takes JSR if it answers", async () => {
  assertEquals(await chooseWith(() => Response.json({})), "@std packages: JSR (it answered)");
});

Deno.test("chooseStd() takes the stand-ins if JSR is not reached", async () => {
  assertEquals(await choose(NOWHERE), "@std packages: .tasks/std (JSR: not reached)");
});

Deno.test("chooseStd() takes the stand-ins if something else answers", async () => {
  const refused = await chooseWith(() => Response.json({}, { status: 403 }));
  assertEquals(refused, "@std packages: .tasks/std (JSR: answered 403)");
  assertEquals(
    await chooseWith(() => new Response("<html>")),
    "@std packages: .tasks/std (JSR: not reached)",
  );
});

Deno.test("chooseStd() takes the stand-ins if JSR says nothing for three seconds", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const started = performance.now();
  const choice = chooseWith(() => promise);
  setTimeout(() => resolve(Response.json({})), 4000);
  assertEquals(await choice, "@std packages: .tasks/std (JSR: no answer in 3 s)");
  assert(performance.now() - started < 10_000);
});

Deno.test("chooseStd() takes what TORCX_STD says", async () => {
  assertEquals(await choose({ ...NOWHERE, TORCX_STD: "jsr" }), "@std packages: JSR (forced by TORCX_STD)");
  assertEquals(await choose({ TORCX_STD: "local" }), "@std packages: .tasks/std (forced by TORCX_STD)");
  assertStringIncludes(await choose({ TORCX_STD: "npm" }), 'Cannot use TORCX_STD="npm"');
});

Deno.test("countTests() counts what passed, failed and was skipped", () => {
  const junit = `<testsuites name="deno test" tests="3"><testsuite name="a">
    <testcase name="works" classname="a" time="0.1" line="1" col="6">
    </testcase>
    <testcase name="needs &lt;root&gt; &amp; more" classname="a" line="2" col="6">
      <skipped/>
    </testcase>
    <testcase name="fails" classname="a" line="3" col="6">
      <failure message="no">Error: &lt;skipped/></failure>
    </testcase></testsuite></testsuites>`;
  assertEquals(countTests(junit), {
    passed: 1,
    failed: 1,
    skipped: 1,
    skippedNames: ["needs <root> & more"],
    failedNames: ["fails"],
  });
});

Deno.test("countTests() returns undefined if no test was run", () => assertEquals(countTests(""), undefined));
