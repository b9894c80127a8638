/** Promise 10: an apply by hand never seals the system's /run with images that the system does not see. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, writeNodes } from "../../support/nodes.ts";
import { runTorcx } from "../../support/binary.ts";
import { testWith } from "../../support/needs.ts";

/** A system of its own: the shell is its PID 1, and its /run is not the machine's. */
const SYSTEM = ["unshare", "-m", "-p", "-f", "--mount-proc"];
/** What mount(8) notes in /run/mount left out. */
const LIST = "find /run -mindepth 1 -not -path '/run/mount*' | LC_ALL=C sort";

/** Runs a shell script as PID 1 of a system; `$torcx` is the program, for `sh -c` too. */
async function runSystem(script: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "torcx-namespace-" }));
  try {
    writeNodes(root, {
      "usr/lib/os-release": "VERSION_ID=1\n",
      "etc/profiles/edge.json": makeProfile("greet:1"),
      "etc/next-profile": "edge\n",
    });
    packImage(`${root}/base/store/greet:1.torcx.tgz`, {
      ...makeManifest({ bin: ["/bin"] }),
      "bin/greet": "",
    });
    const setUp = 'mount -t tmpfs none /run || exit 9\ntorcx() { "${program[@]}" "$@"; }';
    return await runTorcx([], {
      cwd: root,
      through: [...SYSTEM, "bash", "-c", `program=("$@")\n${setUp}\n${script}`, "bash"],
      env: {
        TORCX_BASEDIR: `${root}/base`,
        TORCX_CONFDIR: `${root}/etc`,
        TORCX_USR_MOUNTPOINT: `${root}/usr`,
      },
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const NEEDS = { isRoot: true, programs: ["unshare", "setpriv"] };
const OTHER = 'unshare -m "${program[@]}"';

testWith(
  "promise 10: torcx apply is refused where the system's /run is seen and its mounts are not",
  NEEDS,
  async () => {
    const { code, stdout, stderr } = await runSystem(`${OTHER} apply; code=$?; ${LIST}; exit $code`);
    assertEquals([code, stdout], [1, ""], stderr);
    assertEquals(
      stderr,
      'torcx: Cannot apply in this mount namespace: "/run" is the system\'s, which would not see the images\n' +
        'Hint: Run it in the system\'s own ("nsenter -t 1 -m torcx apply"), mount another file system on "/run" ' +
        "first, or give --force to seal the system all the same\n",
    );
  },
);

for (const command of ["apply --boot", "--root /. apply", "--root //../ apply --boot"]) {
  testWith(`promise 10: torcx ${command} is refused there, too`, NEEDS, async () => {
    const { code, stdout, stderr } = await runSystem(`${OTHER} ${command}; code=$?; ${LIST}; exit $code`);
    assertEquals([code, stdout], [1, ""], stderr);
    assertMatch(stderr, /^torcx: Cannot apply in this mount namespace: "\/run" is the system's/);
  });
}

testWith("promise 10: torcx apply is refused below a RUN that is the system's", NEEDS, async () => {
  const { code, stdout, stderr } = await runSystem(
    `mkdir -p /run/a/b; TORCX_RUNDIR=/run/a/b/c/d ${OTHER} apply; code=$?; ${LIST}; exit $code`,
  );
  assertEquals([code, stdout], [1, "/run/a\n/run/a/b\n"], stderr);
  assertStringIncludes(stderr, '"/run/a/b" is the system\'s');
});

for (
  const [does, command] of [
    ["with --force", `${OTHER} apply --force`],
    ["in PID 1's own namespace", "torcx apply"],
  ] as const
) {
  testWith(`promise 10: torcx apply goes on ${does}`, NEEDS, async () => {
    const { code, stdout, stderr } = await runSystem(`${command} > /dev/null; code=$?; ${LIST}; exit $code`);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^\/run\/metadata\/torcx$/m);
  });
}

testWith("promise 10: torcx apply goes on where the namespace has a /run of its own", NEEDS, async () => {
  const own = 'mount -t tmpfs none /run; "$@" apply > /dev/null && test -e /run/metadata/torcx';
  const { code, stdout, stderr } = await runSystem(
    `unshare -m bash -c '${own}' bash "\${program[@]}"; code=$?; ${LIST}; exit $code`,
  );
  assertEquals({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
});

testWith("promise 10: torcx apply --root DIR and --dry-run are refused nothing", NEEDS, async () => {
  const { code, stdout, stderr } = await runSystem(
    `${OTHER} apply --dry-run > /dev/null && mkdir -p other/run other/etc/torcx && cp -r etc/* other/etc/torcx && cp -r usr other && mkdir -p other/var/lib/torcx && cp -r base/store other/var/lib/torcx && env -u TORCX_BASEDIR -u TORCX_CONFDIR ` +
      `-u TORCX_USR_MOUNTPOINT ${OTHER} apply --root other > /dev/null; code=$?; ${LIST}; ` +
      "test -e other/run/metadata/torcx || exit 8; exit $code",
  );
  assertEquals({ code, stdout }, { code: 0, stdout: "" }, stderr);
});

testWith("promise 10: torcx apply warns where PID 1's root cannot be read", NEEDS, async () => {
  const { code, stderr } = await runSystem(
    `setpriv --bounding-set=-sys_ptrace ${OTHER} apply > /dev/null`,
  );
  assertEquals(code, 0, stderr);
  assertEquals(
    stderr,
    'torcx: warning: cannot tell whether the system sees what is mounted here: "/proc/1/root" cannot be read: EACCES\n',
  );
});
