/** Promise 22: `torcx why` answers without a seal too, and names what takes effect instead. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeManifest, STORE, UNITS, withSystem } from "../../support/archives.ts";
import { findSchemaFaults } from "../../support/schemas.ts";
import { PERMISSION_FLAGS } from "../../../.tasks/permissions.ts";
import { runSteps, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";
import { makeProfile } from "../../support/nodes.ts";
import { PROJECT_DIR, STD_FLAGS } from "../../support/std_flags.ts";

Deno.test("promise 22: why tells by the plan where a program would come from if nothing is applied", () =>
  withSystem({}, async (run) => {
    const { code, stdout, stderr } = await run("why", "hello");
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const document = JSON.parse(stdout);
    assertEquals(findSchemaFaults(document), undefined);
    assertEquals(document.value.source, "plan");
    assertEquals(document.value.origins.map(({ kind }: { kind: string }) => kind), ["image", "bin"]);
    const text = await run("why", "/run/torcx/bin/hello", "--output", "text");
    assertEquals(
      text.stdout,
      [
        "The system is not sealed; by the plan of the next boot:",
        "program /run/torcx/bin/hello",
        "  would come from file  /run/torcx/unpack/hello/bin/hello",
        "  of image              hello:1",
        "  by profile            vendor",
        `  in archive            /${STORE}/hello:1.torcx.tgz`,
        "",
      ].join("\n"),
    );
  }));

Deno.test("promise 22: why names a unit of the administrator in /etc that would win", () =>
  withSystem({}, async (run) => {
    const { stdout } = await run("why", "hello.service", "--output=text");
    assertMatch(
      stdout,
      /\n {2}but the system's \/etc\/systemd\/system\/hello\.service would take effect instead\n$/,
    );
    const byPath = JSON.parse((await run("why", "/etc/systemd/system/hello.service")).stdout).value;
    assertEquals(byPath.origins[0].path, `${UNITS}/hello.service`);
    // What comes after /run hides nothing.
    const shared = JSON.parse((await run("why", "shared.service")).stdout).value;
    assertEquals(shared.origins[0].overridden_by, null);
  }));

Deno.test("promise 22: why tells by the plan what would be kept as the system has it", () =>
  withSystem({}, async (run) => {
    const { code, stdout } = await run("why", "taken.service", "--output=text");
    assertEquals(code, 0);
    assertStringIncludes(
      stdout,
      `unit ${UNITS}/taken.service would be kept as the system has it, not as image world\n`,
    );
  }));

Deno.test("promise 22: why says that neither the running system nor the next boot has a name", () =>
  withSystem({}, async (run) => {
    const { code, stderr } = await run("why", "nope");
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /^torcx: Cannot tell where "nope" would come from: the system is not sealed, and the next boot would bring no /,
    );
  }));

Deno.test("promise 22: why says why the next boot cannot be planned", () =>
  withSystem({ "etc/torcx/profiles/edge.json": "{" }, async (run) => {
    const { code, stderr } = await run("why", "hello");
    assertEquals(code, 1);
    assertMatch(
      stderr,
      /^torcx: Cannot tell where "hello" would come from: .*cannot be planned\n {2}Cannot read profile "edge"/,
    );
  }));

testWith(
  "promise 22: why tells by the report what a run that failed had found",
  { isRoot: true },
  () =>
    withSystem({}, async (_run, root) => {
      Deno.truncateSync(`${root}/${STORE}/1/world:1.torcx.tgz`, 100);
      const [apply, image, program] = await runSteps(root, [
        "torcx apply",
        "torcx why world:1 --output text",
        "torcx why hello.service --output text",
      ]);
      assertEquals(apply!.code, 1);
      assertEquals(image!.code, 0);
      assertMatch(
        image!.output,
        /^The system is not sealed; by the report of the run that failed:\nimage in \/run\/torcx\/unpack\/world\n {2}of image +world:1\n/,
      );
      assertMatch(program!.output, /^The system is not sealed; by the plan of the next boot:\nunit /);
    }),
);

testWith(
  "promise 22: why names the unit in /etc that wins in the sealed system",
  { isRoot: true },
  () =>
    withSystem({}, async (_run, root) => {
      const [, why] = await runSteps(root, ["torcx apply", "torcx why hello.service --output text"]);
      assertMatch(why!.output, /^unit \/run\/systemd\/system\/hello\.service\n {2}from file /);
      assertMatch(
        why!.output,
        /\n {2}but the system's \/etc\/systemd\/system\/hello\.service takes effect instead\n$/,
      );
    }),
);

testWith(
  "promise 22: why finds a program whose name is no UTF-8 as plan and status show it",
  { isRoot: true, programs: ["unshare"] },
  () =>
    withSystem({
      "etc/torcx/profiles/edge.json": makeProfile("odd:1"),
      "img/.torcx/manifest.json": makeManifest({ bin: ["/bin"] })[".torcx/manifest.json"]!,
    }, async (_run, root) => {
      const [packed, planned, applied, running, gone] = await runSteps(root, [
        String
          .raw`mkdir img/bin && echo x > img/bin/$'b\xff' && tar --force-local -czf ${STORE}/odd:1.torcx.tgz -C img .`,
        String.raw`torcx why 'b\xff' --output text`,
        "torcx apply --verbose=error >/dev/null",
        String.raw`torcx why '/run/torcx/bin/b\xff'`,
        String.raw`torcx why 'b\xfe'`,
      ]);
      assertEquals(
        [packed!.code, planned!.code, applied!.code, running!.code],
        [0, 0, 0, 0],
        planned!.output,
      );
      assertMatch(planned!.output, /\nprogram \/run\/torcx\/bin\/b\\xff\n(?: .*\n)* {2}of image +odd:1\n/);
      const { source, origins: [{ path, is_present }] } = JSON.parse(running!.output).value;
      assertEquals([source, path, is_present], ["running", String.raw`/run/torcx/bin/b\xff`, true]);
      assertEquals(gone!.code, 1);
      assertStringIncludes(gone!.output, "torcx brought no image, program or unit of that name");
    }),
);

/** Whether the Deno of this process takes arguments that are no UTF-8: 2.7's ends before any program. */
const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
const takesBytes = major > 2 || minor >= 9;

Deno.test("promise 22: why does not panic of a name that is no UTF-8, where the runtime takes one", () =>
  withRoot({ "usr/lib/os-release": "VERSION_ID=1\n" }, async (root) => {
    const { code, stderr } = await new Deno.Command("bash", {
      args: ["-c", `exec "$@" why $'a\\xff'`, "bash", Deno.execPath(), "run", "--quiet", ...STD_FLAGS].concat(
        [
          ...PERMISSION_FLAGS,
          `${PROJECT_DIR}/main.ts`,
          "--root",
          root,
        ],
      ),
      cwd: PROJECT_DIR,
      stdout: "null",
      stderr: "piped",
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals(code, 1, text);
    assertMatch(text, takesBytes ? /^torcx: Cannot tell where "a\ufffd" / : /invalid UTF-8/);
  }));
