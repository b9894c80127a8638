/** Promise 19: `torcx status` says in which state this boot's torcx is, why, and what to type next. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeProfile } from "../../support/nodes.ts";
import { makeManifest, packImage, STORE } from "../../support/archives.ts";
import { runSteps, withRoot } from "../../support/e2e_system.ts";
import { withLiveSystem } from "../../support/live_system.ts";
import { type Json, parseStatus, withStatusSystem } from "../../support/status_system.ts";
import { testWith } from "../../support/needs.ts";

const APPLY = "torcx apply --verbose=error >/dev/null 2>&1";
const TEXT = "torcx status --output text";

interface StateCase {
  /** What leads to the state. */
  steps: string[];
  code: number;
  state: string;
  /** The first line. */
  summary: string;
  why: RegExp;
  next: RegExp;
}

const STATES: StateCase[] = [
  {
    steps: [APPLY],
    code: 0,
    state: "sealed",
    summary: "sealed: every tree, link and file that torcx made is in place",
    why: /^applied profiles "vendor", "edge": 2 images$/,
    next: /^nothing$/,
  },
  {
    steps: [APPLY, "rm run/torcx/bin/hello"],
    code: 4,
    state: "degraded",
    summary: "degraded: sealed, but not all of it is as it was applied",
    why: /^"\/run\/torcx\/bin\/hello" of image "hello" is gone$/,
    next: /^"torcx apply --retry" /,
  },
  {
    steps: [APPLY, "umount -R run/torcx/unpack"],
    code: 1,
    state: "unmounted",
    summary: "failed: sealed, but the images are not mounted any more",
    why: /^nothing is mounted on "\/run\/torcx\/unpack": a soft reboot or somebody unmounted it$/,
    next: /^"torcx apply --retry" /,
  },
  {
    steps: [`rm ${STORE}/hello:1.torcx.tgz`, APPLY],
    code: 1,
    state: "failed",
    summary: "failed: the apply of this boot failed, nothing of it is left",
    why: /^Cannot apply profile "edge": 1 of 2 images failed: "hello:1" \(not found\)$/,
    next: /^mend the cause, then "torcx apply --retry"$/,
  },
  {
    steps: ["mkdir -p run/torcx/bin; touch run/torcx/lock; chmod 600 run/torcx/lock"],
    code: 1,
    state: "killed",
    summary: "killed: an apply was cut off before its end",
    why: /^nobody holds the lock, /,
    next: /^"torcx apply --retry" /,
  },
  {
    steps: ["mkdir -p run/torcx; touch run/torcx/mine"],
    code: 1,
    state: "foreign",
    summary: "failed: the run directory is not torcx's, nothing can be applied",
    why: /"mine"$/,
    next: /"torcx config show"/,
  },
  {
    steps: [],
    code: 3,
    state: "not_applied",
    summary: "not applied: torcx has not run in this boot",
    why: /^the generator is not installed: no boot calls torcx$/,
    next: /^"torcx plan" /,
  },
];

for (const { steps, code, state, summary, why, next } of STATES) {
  testWith(
    `promise 19: status says ${state}, why, and what to type next`,
    { isRoot: true },
    () =>
      withStatusSystem({}, async (run, root) => {
        const results = await run(...steps, "torcx status", TEXT);
        const [json, text] = results.slice(-2);
        const status = parseStatus(json!);
        assertEquals([json!.code, text!.code, status.state, status.summary], [code, code, state, summary]);
        assertMatch(status.reasons[0], why);
        assertMatch(status.next_steps.at(-1), next);
        const lines = text!.output.trimEnd().split("\n");
        assertEquals(lines[0], summary);
        assertMatch(text!.output, /^.*\nWhy: {7}\S[^]*\nNext: {6}\S[^]*\nLog: {7}journalctl --root=/);
        const wide = lines.filter((line) =>
          line.length > 80 && !line.includes(root) && !line.includes(" ms, ")
        );
        assertEquals(wide, []);
      }),
  );
}

testWith(
  "promise 19: status says what to do first where something else is in a link's place",
  { isRoot: true },
  () =>
    withStatusSystem({}, async (run) => {
      const results = await run(
        APPLY,
        "ln -sfn /bin/sh run/torcx/bin/hello",
        "torcx status",
        "torcx apply --retry",
        "rm run/torcx/bin/hello && torcx apply --retry --verbose=error",
        "torcx status",
      );
      const [, , json, refused, retry, last] = results;
      const { state, next_steps, drift } = parseStatus(json!);
      assertEquals([json!.code, state], [4, "degraded"]);
      assertMatch(next_steps[0], /^move what torcx did not make \(see below\) out of the run directory$/);
      assert(
        drift.map(({ message }: Json) => message).includes('"/run/torcx/bin/hello" was not made by torcx'),
      );
      assertEquals(refused!.code, 1);
      assertMatch(
        refused!.output,
        /\("bin\/hello"\)\nHint: Nothing in it was touched. Move what is named out of /,
      );
      assertEquals([retry!.code, last!.code], [0, 0], retry!.output);
    }),
);

testWith(
  "promise 19: apply ends as status does where the selected profile is not there",
  { isRoot: true },
  () =>
    withStatusSystem({ "etc/torcx/next-profile": "nope\n" }, async (run) => {
      const [apply, json, again] = await run("torcx apply", "torcx status", "torcx apply");
      assertEquals([apply!.code, json!.code, again!.code], [4, 4, 4], apply!.output);
      const { next_steps } = parseStatus(json!);
      assertMatch(next_steps[0], /^select a profile that exists: "torcx profile set-next NAME"; /);
      assertMatch(next_steps[0], /"torcx apply --retry --profile NAME"$/);
    }),
);

testWith(
  "promise 19: status says that something of a failed run is left if it could not be undone",
  { isRoot: true, programs: ["strace"] },
  () =>
    withStatusSystem({}, async (run) => {
      const results = await run(
        "mkdir run/metadata && mount -t tmpfs -o ro none run/metadata",
        'strace -f -o trace -e trace=umount2 -e inject=umount2:error=EBUSY "${program[@]}" apply',
        TEXT,
        "umount run/metadata && torcx apply --retry --verbose=error",
        "torcx status",
      );
      const [, apply, text, retry, last] = results;
      assertEquals([apply!.code, text!.code], [1, 1], apply!.output);
      assertMatch(text!.output, /^failed: the apply of this boot failed, and something of it is left\n/);
      assertMatch(text!.output, /\n(?:Warning:)? +Cannot undo "mount /);
      assertEquals([retry!.code, last!.code], [0, 0], retry!.output);
    }),
);

testWith(
  "promise 19: status says at work, who, and since when",
  { isRoot: true },
  () =>
    withStatusSystem({}, async (run) => {
      const [, json] = await run(
        "mkdir -p run/torcx; touch run/torcx/lock; chmod 600 run/torcx/lock",
        `exec 8<>run/torcx/lock; flock 8; torcx status 8>&-; code=$?; exec 8>&-; (exit $code)`,
      );
      const status = parseStatus(json!);
      assertEquals([json!.code, status.state], [5, "at_work"]);
      assert(status.pid > 0);
      assertMatch(status.since, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      assertMatch(status.reasons[0], new RegExp(`^process ${status.pid} holds the lock since `));
    }),
);

testWith(
  "promise 19: status says switched off, and by what",
  { isRoot: true },
  () =>
    withLiveSystem({ "usr/lib/os-release": "VERSION_ID=1\n" }, async (system) => {
      const [json, text] = await system.run("quiet torcx=0", ["torcx status", TEXT]);
      const status = parseStatus(json!);
      assertEquals([json!.code, status.state], [3, "switched_off"]);
      assertEquals(status.switched_off_by, "kernel command line torcx=0");
      assertMatch(
        text!.output,
        /^switched off: nothing was applied in this boot\nWhy: {7}kernel command line torcx=0 switches it off\nNext: [^]*"torcx\s+apply"\nLog: {7}journalctl -b -o cat --no-pager -t torcx-generator -t torcx\n/,
      );
      assert(text!.output.split("\n").every((line) => line.length <= 80), text!.output);
    }),
);

testWith(
  "promise 19: status of an apply by hand says that the boot's is switched off",
  { isRoot: true },
  () =>
    withLiveSystem(
      {
        "usr/lib/os-release": "VERSION_ID=1\n",
        "etc/torcx/profiles/none.json": makeProfile(),
        "etc/torcx/next-profile": "none\n",
      },
      async (system) => {
        const [, json] = await system.run("torcx=0", [APPLY, "torcx status"]);
        const status = parseStatus(json!);
        assertEquals([json!.code, status.state], [0, "sealed"]);
        assertMatch(
          status.reasons[0],
          /; by hand, as kernel command line torcx=0 switches the boot's apply off$/,
        );
      },
    ),
);

testWith(
  "promise 19: status says whether generator and target are installed",
  { isRoot: true },
  () =>
    withStatusSystem({
      "usr/lib/torcx/torcx": "",
      "usr/lib/systemd/system-generators/torcx-generator": { link: "../../torcx/torcx" },
      "usr/lib/systemd/system/torcx.target": "",
      "run/systemd/generator/torcx.service": "",
    }, async (run) => {
      const [json] = await run("torcx status");
      assertEquals(parseStatus(json!).reasons, [
        'the generator is installed as "/usr/lib/systemd/system-generators/torcx-generator"',
        'torcx.target is installed as "/usr/lib/systemd/system/torcx.target"',
        'the generator handed the work to "/run/systemd/generator/torcx.service", which has not run',
      ]);
    }),
);

testWith(
  "promise 19: status calls a system sound by whatever path it is reached",
  { isRoot: true },
  () =>
    withStatusSystem({ "var/run": { link: "../run" } }, async (run) => {
      // The program's own last two words are the root.
      const bare = 'TORCX_RUNDIR=/var/run/torcx "${program[@]:0:${#program[@]}-2}"';
      const results = await run(
        `env ${bare} apply --root "$PWD" --verbose=error >/dev/null`,
        `env ${bare} status --root "$PWD"`,
        `ln -s "$PWD" "$PWD.link"; env ${bare} status --root "$PWD.link"; code=$?; rm "$PWD.link"; (exit $code)`,
        `name=\${PWD##*/}; (cd ..; env ${bare} status --root "./$name")`,
        `env ${bare} status --root /proc/self/cwd`,
      );
      assertEquals(
        results.map(({ code }) => code),
        [0, 0, 0, 0, 0],
        JSON.stringify(results.slice(1), null, 1),
      );
      for (const result of results.slice(1)) {
        const status = parseStatus(result);
        assertEquals([status.state, status.drift, status.is_read_only], ["sealed", [], true]);
        assertEquals(status.images.map((image: { is_mounted: boolean }) => image.is_mounted), [false, true]);
      }
    }),
);

testWith("promise 19: names that are no UTF-8 are right", { isRoot: true }, () =>
  withRoot({
    "usr/lib/os-release": "VERSION_ID=1\n",
    "usr/share/torcx/profiles/vendor.json": makeProfile("odd:1"),
    "img/.torcx/manifest.json": makeManifest({
      bin: ["/bin"],
      units: ["/units/x.target.wants"],
    })[".torcx/manifest.json"]!,
  }, async (root) => {
    const [packed, applied, sound, changed] = await runSteps(root, [
      String
        .raw`mkdir -p img/bin img/units/x.target.wants ${STORE}; echo x > img/bin/$'b\xff'; echo x > img/bin/'\xff'; echo x > img/units/x.target.wants/$'u\xfe.service'; ln -s $'\xfd' img/units/x.target.wants/$'l\xfc'; tar --force-local -czf ${STORE}/odd:1.torcx.tgz -C img .`,
      "torcx apply --verbose=error >/dev/null",
      "torcx status",
      String
        .raw`rm run/torcx/bin/$'b\xff'; echo y > run/systemd/system/x.target.wants/$'u\xfe.service'; torcx status`,
    ]);
    assertEquals([packed!.code, applied!.code, sound!.code], [0, 0, 0], applied!.output + sound!.output);
    assertEquals(parseStatus(sound!).drift, []);
    assertEquals(parseStatus(changed!).drift.map(({ message }: { message: string }) => message), [
      String.raw`"/run/torcx/bin/b\\xff" of image "odd" is gone`,
      String
        .raw`"/run/systemd/system/x.target.wants/u\\xfe.service" of image "odd" holds something else than was copied`,
    ]);
  }));

testWith(
  "promise 19: a config file that cannot be read does not hide the running state",
  { isRoot: true },
  () =>
    withStatusSystem({}, async (run) => {
      const [, json, text] = await run(
        APPLY,
        "echo '{' > etc/torcx/config.json; torcx status 2>/dev/null",
        TEXT,
      );
      const status = parseStatus(json!);
      assertEquals([json!.code, status.state], [0, "sealed"]);
      assertStringIncludes(status.settings_fault[0], "/etc/torcx/config.json");
      assertMatch(text!.output, /\nSettings: {2}Cannot /);
    }),
);

testWith(
  "promise 19: apply --retry mends what status calls degraded, and apply names it",
  { isRoot: true },
  () =>
    withStatusSystem({}, async (run) => {
      const [, , again, retry, status] = await run(
        APPLY,
        "rm run/torcx/bin/hello",
        "torcx apply",
        "torcx apply --retry --verbose=error >/dev/null",
        "torcx status",
      );
      assertEquals(again!.code, 4);
      assertStringIncludes(again!.output, '"/run/torcx/bin/hello" of image "hello" is gone');
      assertEquals([retry!.code, status!.code], [0, 0], retry!.output + status!.output);
    }),
);

testWith("promise 19: status of 2000 assets takes well under a second", { isRoot: true }, () =>
  withRoot({
    "usr/lib/os-release": "VERSION_ID=1\n",
    "usr/share/torcx/profiles/vendor.json": makeProfile("large:1"),
  }, async (root) => {
    const files = Array.from({ length: 1000 }, (_, at) => at);
    packImage(`${root}/${STORE}/large:1.torcx.tgz`, {
      ...makeManifest({ bin: ["/bin"], units: ["/units/x.target.wants"] }),
      ...Object.fromEntries(files.flatMap((at) => [
        [`bin/p${at}`, "#!/bin/sh\n"],
        [`units/x.target.wants/u${at}.service`, "[Service]\n".repeat(100)],
      ])),
    });
    const [, sealed, timed] = await runSteps(root, [
      APPLY,
      "torcx status",
      // The start of the program is not its work: version does nothing else.
      `s=$EPOCHREALTIME; torcx version >/dev/null; m=$EPOCHREALTIME; torcx status >/dev/null; e=$EPOCHREALTIME; echo $(( \${m/./} - \${s/./} )) $(( \${e/./} - \${m/./} ))`,
    ]);
    assertEquals([sealed!.code, parseStatus(sealed!).report.assets.length], [0, 2000]);
    const [start = 0, whole = 0] = timed!.output.trim().split(" ").map((text) => Number(text) / 1000);
    Deno.stderr.writeSync(
      new TextEncoder().encode(
        `status of 2000 assets: ${whole.toFixed(0)} ms, of which ${
          start.toFixed(0)
        } ms are the program's start (wall clock, EPOCHREALTIME around "torcx version" and "torcx status")\n`,
      ),
    );
    // Bounded wide: tests share two processors with others.
    assert(whole - start < 2000, timed!.output);
  }));
