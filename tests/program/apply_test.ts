/** Tests `torcx apply` and `torcx status` through the real program, mounts in a namespace of their own. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import type { Node } from "../support/nodes.ts";
import { runTorcx } from "../support/binary.ts";
import { STORE, withSystem } from "../support/archives.ts";
import { testWith } from "../support/needs.ts";

/** Runs several verbs one after the other in one mount namespace; `!` runs a command of the shell. */
async function runVerbs(root: string, verbs: readonly string[]): Promise<{ output: string; code: number }[]> {
  const script = `
for verb in ${verbs.map((verb) => `'${verb}'`).join(" ")}; do
  case $verb in
    !*) eval "\${verb#!}" 2>&1 ;;
    *) "$@" $verb 2>&1 ;;
  esac
  echo "exit $?"
done`;
  const { stdout } = await runTorcx(["--root", root], {
    cwd: root,
    through: ["unshare", "-m", "bash", "-c", script, "bash"],
  });
  return stdout.split(/^exit ([0-9]+)\n/m).slice(0, -1).reduce<{ output: string; code: number }[]>(
    (results, text, index) => {
      if (index % 2 === 0) results.push({ output: text, code: -1 });
      else results.at(-1)!.code = Number(text);
      return results;
    },
    [],
  );
}

const SEAL = `TORCX_LOWER_PROFILES="vendor"
TORCX_UPPER_PROFILE="edge"
TORCX_PROFILE_PATH="/run/torcx/profile.json"
TORCX_BINDIR="/run/torcx/bin"
TORCX_UNPACKDIR="/run/torcx/unpack"
`;

testWith("torcx apply seals the system, once", { isRoot: true }, () =>
  withSystem({}, async (_run, root) => {
    const [applied, seal, link, write, status, again, why] = await runVerbs(root, [
      "apply --output text",
      "!cat run/metadata/torcx",
      "!readlink run/torcx/bin/hello",
      "!touch run/torcx/unpack/hello/bin/new",
      "status --output json",
      "apply --output text",
      "why hello --output text",
    ]);
    assertEquals(applied!.code, 0);
    assertMatch(
      applied!.output,
      /\nhello:1 unpacked, .* in \d+ ms\nworld:1 unpacked, [^]*\n {2}conflict +\/run\/systemd\/system\/taken.service is kept as the system has it\nSealed in \d+ ms\n$/,
    );
    assertEquals(seal, { code: 0, output: SEAL });
    assertEquals(link, { code: 0, output: "/run/torcx/unpack/hello/bin/hello\n" });
    assertEquals(write!.code, 1);
    assertStringIncludes(write!.output, "Read-only file system");
    const { value } = JSON.parse(status!.output);
    assertEquals([status!.code, value.state, value.is_read_only], [0, "sealed", true]);
    assertEquals(value.images.map((image: { name: string }) => image.name), ["hello", "world"]);
    assertEquals(again, {
      code: 0,
      output: "The profile is already applied in this boot: nothing was touched\n",
    });
    assertMatch(why!.output, /^image in .*\/hello\n[^]*program \/run\/torcx\/bin\/hello\n/);
  }));

testWith(
  "torcx apply undoes all, exits with 1 and can be retried if an archive is damaged",
  { isRoot: true },
  () =>
    withSystem({}, async (_run, root) => {
      const path = `${root}/${STORE}/1/world:1.torcx.tgz`;
      const whole = await Deno.readFile(path);
      await Deno.writeFile(path, whole.slice(0, -20));
      await Deno.writeFile(`${root}/whole`, whole);
      const [failed, left, again, status, retried, sealed] = await runVerbs(root, [
        "apply --output json",
        "!ls run/torcx; ls run/systemd/system; ls run/metadata; grep -c run/torcx /proc/self/mounts",
        "apply",
        "status --output text",
        `!cp whole "${STORE}/1/world:1.torcx.tgz"`,
        "apply --retry --output json",
        "status --output text",
      ]).then((results) => [...results.slice(0, 4), ...results.slice(5)]);
      assertEquals(failed!.code, 1);
      assertMatch(
        failed!.output,
        /\ntorcx: Cannot apply profile "edge": 1 of 2 images failed: "world:1" \(unpack\)\n[^]*the file is cut off/,
      );
      assertMatch(left!.output, /^lock\nreport.json\ntaken.service\n(ls: .*\n)?0\n$/);
      assertEquals(again!.code, 1);
      assertMatch(
        again!.output,
        /^torcx: Cannot apply: it has run in this boot and failed\n {2}Cannot apply profile [^]*--retry/,
      );
      assertEquals(status!.code, 1);
      assertMatch(
        status!.output,
        /^failed: [^]*the file is cut off\n[^]*world +1 +edge +tgz +failed\n/,
      );
      assertEquals(retried!.code, 0);
      assertStringIncludes(retried!.output, '"outcome": "sealed"');
      assertEquals(sealed!.code, 0);
      assertMatch(sealed!.output, /^sealed: /);
    }),
);

Deno.test("torcx apply --dry-run shows the steps and does nothing", async () => {
  await withSystem({}, async (run, root) => {
    const text = await run("apply", "--dry-run", "--output", "text");
    assertEquals({ code: text.code, stderr: text.stderr }, { code: 0, stderr: "" });
    assertMatch(
      text.stdout,
      /^make directory "\/run\/torcx"\n[^]*into "\/run\/torcx\/unpack\/hello"\n[^]*seal by writing "\/run\/metadata\/torcx"\n$/,
    );
    const json = await run("apply", "--dry-run");
    const { kind, value } = JSON.parse(json.stdout);
    assertEquals([json.code, kind, value.upper_profile], [0, "torcx-apply-plan-v0", "edge"]);
    assertEquals(await exists(`${root}/run/torcx`), false);
    const none = await run("apply", "--dry-run", "--profile", "none");
    assertEquals([none.code, none.stdout], [1, ""]);
    assertStringIncludes(none.stderr, 'torcx: Cannot find profile "none"');
  });
});

testWith(
  "torcx apply exits with 1, names what is missing and leaves the report alone",
  { isRoot: true },
  async () => {
    const profile: Record<string, Node> = {
      "etc/torcx/profiles/edge.json":
        '{"kind":"profile-manifest-v0","value":{"images":[{"name":"gone","reference":"9"}]}}',
    };
    await withSystem(profile, async (run, root) => {
      const { code, stdout, stderr } = await run("apply");
      assertEquals({ code, stdout }, { code: 1, stdout: "" });
      assertMatch(
        stderr,
        /^torcx: Cannot apply profile "edge": 1 of 2 images failed: "gone:9" \(not found\)\n {2}Cannot find image "gone:9": not found in 2 stores: /,
      );
      const names = [...Deno.readDirSync(`${root}/run/torcx`)].map(({ name }) => name);
      assertEquals(names.sort(), ["lock", "report.json"]);
      assertEquals(await exists(`${root}/run/metadata/torcx`), false);
      const status = await run("status");
      assertEquals([status.code, JSON.parse(status.stdout).value.state], [1, "failed"]);
    });
  },
);

Deno.test("torcx status exits with 3 if nothing was applied in this boot", async () => {
  await withSystem({}, async (run, root) => {
    assertEquals(await run("status", "--output", "text"), {
      code: 3,
      stdout: [
        "not applied: torcx has not run in this boot",
        "Why:       the generator is not installed: no boot calls torcx",
        "           torcx.target is not installed: no unit can wait for the addons",
        'Next:      "torcx plan" shows what the next boot would do, "torcx apply" does it',
        "           now",
        `Log:       journalctl --root=${root} -b -o cat --no-pager -t torcx-generator -t torcx`,
        "",
      ].join("\n"),
      stderr: "",
    });
    const json = await run("status");
    assertEquals([json.code, JSON.parse(json.stdout).value.state], [3, "not_applied"]);
  });
});

Deno.test("torcx status exits with 1 if a run was cut off", async () => {
  await withSystem({ "run/torcx/bin": { dir: true } }, async (run) => {
    const { code, stdout, stderr } = await run("status", "--output", "text");
    assertEquals({ code, stderr }, { code: 1, stderr: "" });
    assertMatch(stdout, /^killed: [^]*\nNext: +"torcx apply --retry"/);
  });
});

Deno.test("torcx status believes no seal that is broken, or without a run", async () => {
  await withSystem({ "run/metadata/torcx": "odd\n" }, async (run) => {
    const { code, stdout } = await run("status");
    assertEquals([code, JSON.parse(stdout).value.state], [3, "not_applied"]);
  });
});

testWith(
  "torcx status tells drift of the system, the archives and the next boot",
  { isRoot: true },
  () =>
    withSystem({}, async (_run, root) => {
      const results = await runVerbs(root, [
        "apply --output json",
        "status --output json",
        "!rm run/systemd/system/hello.service",
        `!truncate -s 1 "${STORE}/1/world:1.torcx.tgz"`,
        "!rm etc/torcx/next-profile",
        "!mount -o remount,rw run/torcx/unpack",
        "status --output json",
      ]);
      const readDrift = (output: string): string[] =>
        JSON.parse(output).value.drift.map(({ scope, message }: { scope: string; message: string }) =>
          `${scope}: ${message}`
        );
      assertEquals(readDrift(results[1]!.output), []);
      const drift = readDrift(results[6]!.output);
      assertEquals(drift, [
        'running: "/run/torcx/unpack" is writable',
        'running: "/run/systemd/system/hello.service" of image "hello" is gone',
        `files: the archive of image "world", "/${STORE}/1/world:1.torcx.tgz", is another one now: its size has changed, its time has changed`,
        'next: the upper profile changes from "edge" to none',
        'next: image "world:1" goes',
      ]);
      assertEquals(results[6]!.code, 4);
    }),
);
