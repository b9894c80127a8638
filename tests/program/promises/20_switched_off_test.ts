/** Promise 20: `torcx=0`, a selector that names nothing, and plans that an updater can rely on. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeProfile } from "../../support/nodes.ts";
import { makeManifest, packImage, STORE, withSystem } from "../../support/archives.ts";
import { runSteps } from "../../support/e2e_system.ts";
import { findSchemaFaults } from "../../support/schemas.ts";
import { withLiveSystem } from "../../support/live_system.ts";
import { testWith } from "../../support/needs.ts";

const IMAGE = { ...makeManifest({ bin: ["/bin"] }), "bin/hello": "#!/bin/sh\n" };

const LIVE = {
  "usr/lib/os-release": "VERSION_ID=1\n",
  "etc/torcx/profiles/edge.json": makeProfile("hello:1"),
  "etc/torcx/next-profile": "edge\n",
};

testWith(
  "promise 20: plan says that the next boot does nothing with torcx=0, and why",
  { isRoot: true },
  () =>
    withLiveSystem(LIVE, async (system) => {
      packImage(`${system.path}/${STORE}/hello:1.torcx.tgz`, IMAGE);
      const [text, json] = await system.run("quiet torcx=0", [
        "torcx plan --output text",
        "torcx plan --verbose=error",
      ]);
      assertEquals(text!.code, 0, text!.output);
      assertMatch(
        text!.output,
        /^Next boot: {2}would do nothing with torcx=0, as in this boot;\n {12}without it, it would succeed\nWhy: {8}kernel command line torcx=0 switches torcx off\n/,
      );
      const document = JSON.parse(json!.output);
      assertEquals(findSchemaFaults(document), undefined);
      assertEquals(document.value.switched_off_by, "kernel command line torcx=0");
    }),
);

testWith(
  "promise 20: with torcx=0 the boot writes nothing, and an apply by hand works",
  { isRoot: true },
  () =>
    withLiveSystem(LIVE, async (system) => {
      packImage(`${system.path}/${STORE}/hello:1.torcx.tgz`, IMAGE);
      const [boot, run, apply, status] = await system.run("torcx=0", [
        "torcx apply --boot --verbose=info",
        // mount(8) keeps its own records there.
        "find /run -mindepth 1 -not -path '/run/mount*'",
        "torcx apply >/dev/null",
        "torcx status --output text",
      ]);
      assertEquals(boot, {
        code: 0,
        output: "torcx: info: nothing is done: torcx=0 on the kernel command line\n",
      });
      assertEquals(run, { code: 0, output: "" });
      assertEquals(apply!.code, 0, apply!.output);
      assertEquals(status!.code, 0, status!.output);
    }),
);

testWith(
  "promise 20: plan takes torcx_profile= for this boot's alone and says so",
  { isRoot: true },
  () =>
    withLiveSystem(LIVE, async (system) => {
      packImage(`${system.path}/${STORE}/hello:1.torcx.tgz`, IMAGE);
      const [plan] = await system.run("torcx_profile=rescue", ["torcx plan --output text --strict"]);
      assertEquals(plan!.code, 0, plan!.output);
      assertMatch(
        plan!.output,
        /\nNote: "torcx_profile=rescue" on the kernel command line is of this boot: /,
      );
    }),
);

for (
  const [selector, state] of [
    ["nope", 'names profile "nope", which does not exist'],
    ["", "is empty"],
    ["a/b", "holds no legal profile name"],
  ] as const
) {
  Deno.test(`promise 20: plan exits with 1 if the selector holds ${JSON.stringify(selector)}`, () =>
    withSystem({ "etc/torcx/next-profile": `${selector}\n` }, async (run) => {
      const { code, stdout, stderr } = await run("plan", "--verbose=error");
      assertEquals(code, 1);
      const document = JSON.parse(stdout);
      assertEquals(findSchemaFaults(document), undefined);
      const { would_succeed, upper_profile, upper_profile_fault } = document.value;
      assertEquals([would_succeed, upper_profile], [false, null]);
      assertStringIncludes(upper_profile_fault, state);
      assertMatch(
        stderr,
        /^torcx: Cannot apply the selected profile at the next boot, which would go on without it\n {2}Cannot find the next profile: selector "\/etc\/torcx\/next-profile" /,
      );
      assertStringIncludes(stderr, state);
    }));
}

Deno.test("promise 20: plan succeeds without a selector: no profile was asked for", () =>
  withSystem({}, async (run, root) => {
    Deno.removeSync(`${root}/etc/torcx/next-profile`);
    const { code, stdout } = await run("plan", "--verbose=error");
    const { upper_profile, upper_profile_fault } = JSON.parse(stdout).value;
    assertEquals([code, upper_profile, upper_profile_fault], [0, null, null]);
  }));

Deno.test("promise 20: plan --strict exits with 1 for a warning and for a conflict, and names them", () =>
  withSystem({}, async (run, root) => {
    const conflicts = await run("plan", "--strict");
    assertEquals(conflicts.code, 1);
    assertMatch(conflicts.stderr, /^torcx: Cannot call the next boot good: --strict allows no warning\n/);
    assertStringIncludes(
      conflicts.stderr,
      '"/run/systemd/system/taken.service" is kept as the system has it',
    );
    Deno.copyFileSync(`${root}/${STORE}/hello:1.torcx.tgz`, `${root}/${STORE}/1/hello:1.torcx.tgz`);
    Deno.removeSync(`${root}/etc/torcx/next-profile`);
    const warnings = await run("plan", "--strict", "--verbose=error");
    assertEquals(warnings.code, 1);
    assertStringIncludes(warnings.stderr, `archive "/${STORE}/hello:1.torcx.tgz" is shadowed by`);
    assertEquals((await run("plan", "--verbose=error")).code, 0);
  }));

Deno.test("promise 20: plan --strict succeeds for another OS version whose store is there", () =>
  withSystem({}, async (run, root) => {
    Deno.mkdirSync(`${root}/${STORE}/2`);
    Deno.copyFileSync(`${root}/${STORE}/1/world:1.torcx.tgz`, `${root}/${STORE}/2/world:1.torcx.tgz`);
    Deno.removeSync(`${root}/run/systemd/system/taken.service`);
    Deno.writeTextFileSync(`${root}/usr/share/torcx/profiles/vendor.json`, makeProfile());
    const { code, stdout, stderr } = await run("plan", "--strict", "-n", "2");
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(JSON.parse(stdout).value.warnings, []);
  }));

Deno.test("promise 20: plan -n says that no store of that version exists, and where it looked", () =>
  withSystem(
    { "etc/torcx/next-profile": "none\n", "etc/torcx/profiles/none.json": makeProfile() },
    async (run) => {
      const warning =
        'no store of OS version "9" exists: absent are "/usr/share/oem/torcx/store/9", "/var/lib/torcx/store/9"';
      const { code, stdout, stderr } = await run("plan", "-n", "9");
      assertEquals({ code, stderr }, { code: 0, stderr: `torcx: warning: ${warning}\n` });
      assertEquals(JSON.parse(stdout).value.warnings, [warning]);
      assertEquals((await run("plan", "-n", "9", "--strict")).code, 1);
    },
  ));

testWith(
  "promise 20: a boot goes on if the selector names nothing, and the report says so",
  { isRoot: true },
  () =>
    withSystem({ "etc/torcx/next-profile": "nope\n" }, async (_run, root) => {
      const [apply] = await runSteps(root, ["torcx apply --boot --verbose=error"]);
      assertEquals(apply!.code, 0, apply!.output);
      const { value } = JSON.parse(Deno.readTextFileSync(`${root}/run/torcx/report.json`));
      assertEquals([value.outcome, value.upper_profile], ["sealed", null]);
      assertMatch(value.upper_profile_fault, /names profile "nope", which does not exist$/);
    }),
);
