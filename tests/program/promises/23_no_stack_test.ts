/** Promise 23: what the outside does is told in sentences with a way out, never by a JavaScript stack. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeProfile, type Node, withTree } from "../../support/nodes.ts";
import { runTorcx } from "../../support/binary.ts";
import { testWith } from "../../support/needs.ts";

const SYSTEM: Record<string, Node> = {
  "usr/lib/os-release": "VERSION_ID=1\n",
  "etc/torcx/profiles/edge.json": makeProfile(),
  "etc/torcx/next-profile": "edge\n",
};

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the program from a shell whose last words are `"$@" …`, below a root that is `$root` there. */
async function runShell(script: string, environment: Record<string, string> = {}): Promise<Result> {
  let result: Result | undefined;
  await withTree(SYSTEM, async ({ path }) => {
    result = await runTorcx([], {
      cwd: path,
      env: { root: path, ...environment },
      through: ["bash", "-c", script, "bash"],
    });
  });
  return result!;
}

/** Asserts that an error is told in sentences. */
function checkSentences({ code, stderr }: Result, codes: readonly number[]): void {
  assert(codes.includes(code), `${code}: ${stderr}`);
  assert(!/^\s+at |Uncaught|panicked|\.ts:|TypeError|fault of torcx/m.test(stderr), stderr);
}

for (
  const name of ["TORCX_BASEDIR", "TORCX_RUNDIR", "TORCX_CONFDIR", "TORCX_USR_MOUNTPOINT", "TORCX_STOREPATH"]
) {
  Deno.test(`promise 23: a variable ${name} that is no UTF-8 is an error that names it`, async () => {
    const result = await runShell(`${name}=$'/x\\xff' "$@" image list --root "$root"`);
    checkSentences(result, [1]);
    assertEquals(result.stdout, "");
    assertMatch(
      result.stderr,
      new RegExp(
        `^torcx: Cannot use variable ${name}: its value is no UTF-8 text\n.*\nHint: Unset ${name}, or `,
      ),
    );
  });

  Deno.test(`promise 23: help and version need no ${name}`, async () => {
    for (const verb of ["help status", "version", "completion bash", "man torcx"]) {
      const { code, stdout, stderr } = await runShell(`${name}=$'/x\\xff' "$@" ${verb}`);
      assertEquals([code, stderr], [0, ""]);
      assert(stdout !== "");
    }
  });

  Deno.test(`promise 23: status and config show tell of an odd ${name} and go on`, async () => {
    for (const verb of ["status", "config show"]) {
      const result = await runShell(`${name}=$'/x\\xff' "$@" ${verb} --output text --root "$root"`);
      checkSentences(result, [0, 1, 3]);
      assert(result.stdout !== "", result.stderr);
      assertStringIncludes(result.stdout + result.stderr, `Cannot use variable ${name}`);
    }
  });
}

Deno.test("promise 23: surroundings that are no UTF-8 change nothing", async () => {
  const plain = await runShell('"$@" profile list --root "$root"');
  const odd = await runShell(
    `TERM=$'\\xff' NO_COLOR=$'\\xff' JOURNAL_STREAM=$'\\xff' TMPDIR=$'/\\xff' LANG=$'\\xff' "$@" profile list --root "$root"`,
  );
  assertEquals([odd.code, odd.stderr], [0, ""]);
  assertEquals(JSON.parse(odd.stdout), JSON.parse(plain.stdout));
});

Deno.test("promise 23: standard streams that are closed at the start change nothing", async () => {
  for (const closed of ["<&-", "2>&-", "<&- 2>&-"]) {
    const { code, stdout } = await runShell(`"$@" profile list --root "$root" ${closed}`);
    assertEquals([code, JSON.parse(stdout).kind], [0, "torcx-profile-list-v0"], closed);
  }
  const silent = await runShell('"$@" profile list --root "$root" <&- >&- 2>&-');
  assertEquals(silent, { code: 0, stdout: "", stderr: "" });
});

Deno.test("promise 23: a working directory that is gone is told", async () => {
  const result = await runShell('mkdir gone && cd gone && rmdir ../gone && "$@" profile check --file x.json');
  checkSentences(result, [1]);
  // Deno looks for it itself, before torcx starts.
  assertMatch(result.stderr, /resolving cwd|working directory/);
});

testWith(
  "promise 23: a /proc that is not there is told",
  { isRoot: true, isCompiled: true, programs: ["unshare"] },
  async () => {
    const result = await runShell(
      'unshare -m bash -c \'mount -t tmpfs none /proc && exec "$@" status\' bash "$@"',
    );
    checkSentences(result, [1]);
    assertMatch(result.stderr, /\/proc/);
  },
);

testWith(
  "promise 23: a kernel command line that cannot be read is an error that names it",
  { isRoot: true, programs: ["unshare"] },
  async () => {
    const result = await runShell(
      'unshare -m bash -c \'mount --bind /dev/null /proc/cmdline && exec "$@" profile list\' bash "$@"',
    );
    checkSentences(result, [1]);
    assertMatch(result.stderr, /^torcx: Cannot read "\/proc\/cmdline" of the kernel\n.*\nHint: /);
  },
);

testWith(
  "promise 23: who is not root is told so",
  // Deno's own launcher has files of the user who tests.
  { isRoot: true, isCompiled: true, programs: ["setpriv"] },
  async () => {
    const user = 'chmod 755 "$root"; setpriv --reuid=65534 --regid=65534 --clear-groups "$@"';
    assertEquals(await runShell(`${user} apply --root "$root"`), {
      code: 1,
      stdout: "",
      stderr: "torcx: Cannot apply as user 65534: only root can mount images\nHint: Run it as root\n",
    });
    const edit = await runShell(`${user} profile new --name x --root "$root"`);
    checkSentences(edit, [1]);
    assertMatch(edit.stderr, /^torcx: Cannot .*\n(.*\n)*Hint: Run it as root\n$/);
  },
);

testWith(
  "promise 23: root without the capability to mount is told so",
  { isRoot: true, programs: ["setpriv"] },
  async () => {
    const result = await runShell('setpriv --bounding-set=-sys_admin "$@" apply --root "$root"');
    checkSentences(result, [1]);
    assertMatch(
      result.stderr,
      /^torcx: Cannot apply profile "edge": .*\n(.*\n)*Hint: Mounts need the capability/m,
    );
  },
);
