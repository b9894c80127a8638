/** Tests torcx-generator as systemd calls it, in namespaces with a /run of their own: the modes, and the unit. */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { encodeService } from "../../../lib/boot/service_unit.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, type Node, withTree, writeNodes } from "../../support/nodes.ts";
import { runTorcx } from "../../support/binary.ts";
import { testWith } from "../../support/needs.ts";

/** PID 1's own mount namespace: the shell is PID 1 of its own. */
const IN_PLACE = ["unshare", "-m", "-p", "-f", "--mount-proc"];
/** A mount namespace that is not PID 1's. */
const HAND_OFF = ["unshare", "-m"];

const SYSTEM: Record<string, Node> = {
  "usr/lib/os-release": "VERSION_ID=1\n",
  "usr/share/torcx/profiles/vendor.json": makeProfile(),
  "etc/profiles/edge.json": makeProfile("users:1"),
  "etc/next-profile": "edge\n",
  "normal/.keep": "",
};

/** Runs steps with the host's /run covered and the log in the file `log`; `generate` is the generator. */
async function runGeneratorSteps(
  namespace: readonly string[],
  steps: readonly string[],
  changes: Record<string, Node | null> = {},
): Promise<{ output: string; code: number }[]> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "torcx-generator-" }));
  try {
    const nodes = Object.entries({ ...SYSTEM, ...changes }).filter(([, node]) => node !== null);
    writeNodes(root, Object.fromEntries(nodes) as Record<string, Node>);
    if (changes["no-archive"] === undefined) {
      packImage(`${root}/base/store/users:1.torcx.tgz`, {
        ...makeManifest({ sysusers: ["/users.conf"], bin: ["/bin"] }),
        "users.conf": "u torcx-test -\n",
        "bin/users": "",
      });
    }
    const mark = crypto.randomUUID();
    const script = [
      'set -- "$@"; program=("$@"); generate() { "${program[@]}" "$@"; }',
      // What comes behind the name that runTorcx() gives it.
      'torcx() { "${program[@]:0:3}" torcx "${program[@]:4}" "$@"; }',
      "mount -t tmpfs none /run && : > log && mount --bind log /dev/kmsg && rm -rf /run/mount || exit 9",
      ...steps.map((step) => `{ ${step}\n} 2>&1; echo "${mark} $?"`),
    ].join("\n");
    const { stdout, stderr, code } = await runTorcx([], {
      argv0: "torcx-generator",
      cwd: root,
      through: [...namespace, "bash", "-c", script, "bash"],
      env: {
        TORCX_BASEDIR: `${root}/base`,
        TORCX_CONFDIR: `${root}/etc`,
        TORCX_USR_MOUNTPOINT: `${root}/usr`,
      },
    });
    const parts = stdout.split(new RegExp(`${mark} (\\d+)\n`));
    assertEquals([code, parts.length], [0, steps.length * 2 + 1], stdout + stderr);
    return steps.map((_, at) => ({ output: parts[at * 2]!, code: Number(parts[at * 2 + 1]) }));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const LIST = "find normal /run -mindepth 1 -printf '%y %p %l\\n' | sed 's/ $//' | LC_ALL=C sort -k2";
const GENERATE = "generate $PWD/normal $PWD/early $PWD/late";
const NOTHING = { code: 0, output: "f normal/.keep\n" };
/** What every call writes, around what is between them by name. */
const WANT = "d normal/default.target.wants\nl normal/default.target.wants/torcx.target ../torcx.target\n";
const ASSERTIONS = "d normal/torcx.target.d\nf normal/torcx.target.d/50-torcx.conf\n";
const WANTED_SERVICE = "d normal/sysinit.target.wants\n" +
  "l normal/sysinit.target.wants/torcx.service ../torcx.service\nf normal/torcx.service\n";

for (const [mode, namespace] of Object.entries({ "in place": IN_PLACE, "handing off": HAND_OFF })) {
  testWith(
    `torcx-generator exits with 2 and does nothing if its arguments are wrong (${mode})`,
    { isRoot: true },
    async () => {
      for (const args of ["", "/a /b /c /d", "relative /b /c", "--help"]) {
        const [run, left] = await runGeneratorSteps(namespace, [`generate ${args}`, LIST]);
        assertEquals(run!.code, 2, args);
        assertMatch(run!.output, /^torcx: Cannot run torcx-generator: /);
        assertEquals(left, NOTHING, args);
      }
    },
  );
}

testWith(
  "torcx-generator hands off with exactly two files beside torcx.target's, and anew with the same",
  { isRoot: true },
  async () => {
    const [first, left, text, second, again, textAgain] = await runGeneratorSteps(HAND_OFF, [
      GENERATE,
      LIST,
      "cat normal/torcx.service",
      GENERATE,
      LIST,
      "cat normal/torcx.service",
    ]);
    assertEquals([first!.code, second!.code], [0, 0], first!.output);
    assertEquals(
      left!.output,
      `f normal/.keep\n${WANT}${WANTED_SERVICE}${ASSERTIONS}`,
    );
    assertEquals(again, left);
    assertEquals(textAgain, text);
    assertMatch(text!.output, /^ExecStart=\/\S+ apply --boot --verbose=info$/m);
    // Between what may go and udevd, which is last.
    const score = Number(/^OOMScoreAdjust=(-?\d+)$/m.exec(text!.output)?.[1]);
    assert(score > -1000 && score < 0, text!.output);
  },
);

testWith("torcx-generator hands off in place if an archive is not there yet", { isRoot: true }, async () => {
  const [run, left, log] = await runGeneratorSteps(IN_PLACE, [GENERATE, LIST, "cat log"], {
    "no-archive": "",
  });
  assertEquals(run!.code, 0, run!.output);
  assertStringIncludes(left!.output, "f normal/torcx.service\n");
  assert(!left!.output.includes("/run/torcx"), left!.output);
  assertStringIncludes(log!.output, 'hands the work to torcx.service: no archive is there yet of "users:1"');
});

testWith("Boot 1 to 8: torcx-generator applies in place and seals", { isRoot: true }, async () => {
  const [run, left, seal, again, same, log] = await runGeneratorSteps(IN_PLACE, [
    GENERATE,
    LIST,
    "cat /run/metadata/torcx; cat log; : > log",
    GENERATE,
    LIST,
    "cat log",
  ]);
  assertEquals(run!.code, 0, run!.output + log!.output);
  assertStringIncludes(seal!.output, 'TORCX_UPPER_PROFILE="edge"\n');
  for (
    const line of [
      "l /run/torcx/bin/users /run/torcx/unpack/users/bin/users",
      "f /run/sysusers.d/users.conf",
      "f /run/metadata/torcx",
      "f normal/systemd-sysusers.service.d/50-torcx.conf",
    ]
  ) assertStringIncludes(left!.output, `${line}\n`);
  assert(!left!.output.includes("torcx.service"), "nothing is handed off");
  assertEquals(again!.code, 0);
  assertEquals(same, left);
  assertMatch(log!.output, /already run: "\/run\/torcx" exists$/);
  assertMatch(seal!.output, /<6>torcx-generator: sealed: 1 images, 2 assets, /);
  // Looking whether all is there and applying plan the same: what they find is told once.
  assertEquals(seal!.output.match(/store "[^"]*": \d+ archives/g)?.length, 1, seal!.output);
});

testWith(
  "Boot 2: torcx-generator applies nothing if RUN exists; what was cut off is for a person to start",
  { isRoot: true },
  async () => {
    const [, run, left, log] = await runGeneratorSteps(IN_PLACE, [
      "mkdir /run/torcx",
      GENERATE,
      LIST,
      "cat log",
    ]);
    assertEquals(run!.code, 0);
    assertEquals(left!.output, `d /run/torcx\nf normal/.keep\n${WANT}f normal/torcx.service\n${ASSERTIONS}`);
    assertMatch(log!.output, /writes torcx.service, which only a person starts: .* was cut off$/m);
  },
);

testWith(
  "torcx-generator leaves a RUN alone that is not torcx's, and says so",
  { isRoot: true },
  async () => {
    for (
      const [namespace, service] of [[IN_PLACE, "f normal/torcx.service\n"], [
        HAND_OFF,
        WANTED_SERVICE,
      ]] as const
    ) {
      const [, run, left, log] = await runGeneratorSteps(namespace, [
        "mkdir /run/torcx; : > /run/torcx/mine",
        GENERATE,
        LIST,
        "cat log",
      ]);
      assertEquals(run!.code, 0);
      assertEquals(
        left!.output,
        `d /run/torcx\nf /run/torcx/mine\nf normal/.keep\n${WANT}${service}${ASSERTIONS}`,
      );
      assertMatch(log!.output, /<3>torcx-generator: Cannot apply: run directory .* is not torcx's own/);
    }
  },
);

testWith(
  "promise 18: torcx-generator exits with 1 if it fails in place, and has a service written that sysinit.target does not want",
  { isRoot: true },
  async () => {
    const [, run, left, log, again, anew, report] = await runGeneratorSteps(IN_PLACE, [
      "truncate -s -20 base/store/users:1.torcx.tgz",
      GENERATE,
      LIST,
      "cat log; rm -r normal/*",
      GENERATE,
      LIST,
      "cat /run/torcx/report.json",
    ]);
    assertEquals([run!.code, again!.code], [1, 0]);
    const expected = `f normal/.keep\n${WANT}f normal/torcx.service\n${ASSERTIONS}`;
    assertMatch(
      left!.output,
      new RegExp(
        `^(d /run/metadata\n)?d /run/torcx\nf /run/torcx/lock\nf /run/torcx/report.json\n${expected}$`,
      ),
    );
    assertEquals(anew, left, "also at a later load");
    assertMatch(log!.output, /<3>torcx-generator: Cannot apply profile "edge"/);
    assertMatch(report!.output, /"mode": ?"in-place"/);
  },
);

for (const [mode, namespace] of Object.entries({ "in place": IN_PLACE, "handing off": HAND_OFF })) {
  testWith(
    `promise 05: torcx-generator takes away what is sealed if the mount of the unpack dir is gone (${mode})`,
    { isRoot: true },
    async () => {
      const isInPlace = namespace === IN_PLACE;
      const [, run, tree, single, left, reload, gone, log] = await runGeneratorSteps(namespace, [
        // The generator alone never mounts where mounts do not last.
        isInPlace ? GENERATE : "torcx apply",
        "rm -r normal/*; : > log; " + GENERATE,
        "umount /run/torcx/unpack/* 2>/dev/null; mount -o remount,rw /run/torcx/unpack && " +
        "rm -r /run/torcx/unpack/users && " + GENERATE,
        "test -h /run/torcx/bin/users && test -f /run/metadata/torcx && test -f /run/sysusers.d/users.conf",
        LIST,
        "printf 'removed\\n' > etc/next-profile; umount /run/torcx/unpack; rm -r normal/*; " + GENERATE,
        LIST,
        "cat log",
      ], { "etc/profiles/removed.json": makeProfile() });
      assertEquals(
        [run!.code, tree!.code, single!.code, reload!.code],
        [0, 0, 0, 0],
        run!.output + tree!.output + log!.output,
      );
      assert(!left!.output.includes("torcx.service") === isInPlace, left!.output);
      // Applied anew in place, with the profile that is selected now; else the service does it.
      assertEquals(gone!.output.includes("f /run/metadata/torcx\n"), isInPlace, gone!.output);
      assertEquals(gone!.output.includes("/run/torcx\n"), isInPlace, gone!.output);
      assertEquals(gone!.output.includes(WANTED_SERVICE), !isInPlace, gone!.output);
      assert(!gone!.output.includes("users.conf") && !gone!.output.includes("bin/users"), gone!.output);
      assertStringIncludes(log!.output, "is not mounted any more: a new boot of the user space");
    },
  );
}

testWith(
  "the generator has torcx.target assert that the unpack dir of RUN as set is mounted and read-only",
  { isRoot: true },
  async () => {
    for (const namespace of [IN_PLACE, HAND_OFF]) {
      const [, text] = await runGeneratorSteps(namespace, [
        `TORCX_RUNDIR="/run/my 100%" ${GENERATE}`,
        "cat normal/torcx.target.d/50-torcx.conf",
      ]);
      assertStringIncludes(
        text!.output,
        "\n[Unit]\nAssertPathIsMountPoint=/run/my 100%%/unpack\nAssertPathIsReadWrite=!/run/my 100%%/unpack\n",
      );
    }
  },
);

/** The path of the binary, and the text of ExecStart. */
const PROGRAMS: readonly [string, string][] = [
  ["/usr/bin/torcx", "/usr/bin/torcx"],
  ["/opt/my tools/torcx", '"/opt/my tools/torcx"'],
  ["/opt/100%/torcx", "/opt/100%%/torcx"],
  // Not a variable: only arguments can have some.
  ["/opt/$HOME/torcx", '"/opt/$HOME/torcx"'],
  ["/opt/a b/%i$x/torcx", '"/opt/a b/%%i$x/torcx"'],
  ["/opt/a;b/torcx", '"/opt/a;b/torcx"'],
  ["/opt/ä/torcx", '"/opt/ä/torcx"'],
];

for (const [program, word] of PROGRAMS) {
  Deno.test(`encodeService() starts ${program} whatever its path holds`, () =>
    withTree({}, ({ readSettings }) => {
      const lines = encodeService(readSettings(), program).split("\n");
      assertEquals(lines.filter((line) => line.startsWith("ExecStart=")), [
        `ExecStart=${word} apply --boot --verbose=info`,
      ]);
    }));
}

Deno.test("encodeService() refuses a path that systemd takes for no program's", () =>
  withTree({}, ({ readSettings }) => {
    for (const program of ['/opt/"q"/torcx', "/opt/back\\slash", "/opt/it's"]) {
      assertThrows(() => encodeService(readSettings(), program), TorcxError, "Cannot write a unit for");
    }
  }));

/** A setting's variable and value, and the line. */
const VARIABLES: readonly [string, string, string][] = [
  ["TORCX_BASEDIR", "/srv/base", "TORCX_BASEDIR=/srv/base"],
  ["TORCX_RUNDIR", "/run/a b", '"TORCX_RUNDIR=/run/a b"'],
  ["TORCX_CONFDIR", '/etc/"q"\\e%f', '"TORCX_CONFDIR=/etc/\\"q\\"\\\\e%%f"'],
  ["TORCX_USR_MOUNTPOINT", "/usr/$x'ä", `"TORCX_USR_MOUNTPOINT=/usr/$x'ä"`],
  ["TORCX_STOREPATH", "/srv/a b::/srv/c/", '"TORCX_STOREPATH=/srv/a b:/srv/c"'],
];

for (const [name, value, line] of VARIABLES) {
  Deno.test(`promise 09: encodeService() hands ${name}=${value} on`, () =>
    withTree({}, ({ readSettings }) => {
      const lines = encodeService(readSettings({ [name]: value }), "/usr/bin/torcx").split("\n");
      assertEquals(lines.filter((line) => line.startsWith("Environment=")), [`Environment=${line}`]);
    }));
}

Deno.test("promise 09: encodeService() has no variables for what the config file or nobody set", () =>
  withTree({
    "etc/torcx/config.json": JSON.stringify({ kind: "torcx-config-v0", value: { base_dir: "/srv/base" } }),
  }, ({ readSettings }) => {
    const text = encodeService(readSettings(), "/usr/bin/torcx");
    assert(!text.includes("Environment="), text);
    assertMatch(text, /^RequiresMountsFor=\/srv\/base \/run\/torcx \/etc\/torcx \/etc\/torcx\/config.json /m);
  }));

Deno.test("encodeService() waits for the mounts of all stores, and orders as was measured", () =>
  withTree({}, ({ readSettings }) => {
    const text = encodeService(readSettings({ TORCX_STOREPATH: "/srv/100% mine" }), "/usr/bin/torcx");
    for (
      const line of [
        "DefaultDependencies=no",
        "After=local-fs.target systemd-udevd.service systemd-udev-trigger.service",
        "Before=sysinit.target systemd-tmpfiles-setup.service systemd-networkd.service shutdown.target",
        "Conflicts=shutdown.target",
        "Type=oneshot",
        "RemainAfterExit=yes",
      ]
    ) assertStringIncludes(text, `\n${line}\n`);
    // It looks for itself whether there is something to do.
    assert(!text.includes("Condition"), text);
    assertMatch(
      text,
      /^RequiresMountsFor=\/var\/lib\/torcx \/run\/torcx \/etc\/torcx .*"\/srv\/100%% mine"/m,
    );
  }));
