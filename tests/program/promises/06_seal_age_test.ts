/** Tests that no seal is older than its run, and that sealed means what it says. */

import { assertEquals, assertMatch } from "@std/assert";
import { runSteps } from "../../support/e2e_system.ts";
import { ARCHIVE, HAS_SEAL, withRunSystem } from "../../support/run_system.ts";
import { testWith } from "../../support/needs.ts";

const STATE = "torcx status --output json";

function readState(output: string): string {
  return JSON.parse(output).value.state;
}

testWith("promise 06: a run that fails leaves no seal of an earlier one", { isRoot: true }, async () => {
  const failures = [
    // While the plan is made, and long after.
    `rm ${ARCHIVE}`,
    `truncate -s -30 ${ARCHIVE}`,
    // The run is killed where it reads its first archive.
    `rm ${ARCHIVE} && mkfifo ${ARCHIVE}`,
  ];
  for (const failure of failures) {
    await withRunSystem({}, async (root) => {
      const [, seal, , failed, left, status, retry, , last] = await runSteps(root, [
        "torcx apply --output json",
        HAS_SEAL,
        `umount run/torcx/unpack && rm -r run/torcx run/systemd/system && ${failure}`,
        "torcx apply",
        HAS_SEAL,
        STATE,
        "torcx apply --retry",
        `rm ${ARCHIVE}; cp whole ${ARCHIVE}; torcx apply --retry --output json`,
        STATE,
      ]);
      assertEquals([seal!.code, failed!.code, left!.code], [0, 1, 1], failed!.output);
      assertEquals([status!.code, readState(status!.output)], [1, "failed"]);
      assertEquals(retry!.code, 1, "not: already applied");
      assertEquals([last!.code, readState(last!.output)], [0, "sealed"]);
    });
  }
});

testWith(
  "promise 06: the plan shows that an old seal goes first",
  { isRoot: true },
  () =>
    withRunSystem({ "run/metadata/torcx": "old\n" }, async (root) => {
      const [status, dry, json, still] = await runSteps(root, [
        STATE,
        "torcx apply --dry-run --output text",
        "torcx apply --dry-run --output json",
        HAS_SEAL,
      ]);
      assertEquals([status!.code, readState(status!.output)], [3, "not_applied"]);
      assertMatch(dry!.output, /^remove the old seal "\/run\/metadata\/torcx"\n/);
      assertEquals(JSON.parse(json!.output).value.operations[0], {
        kind: "remove_seal",
        path: "/run/metadata/torcx",
      });
      assertEquals(still!.code, 0);
    }),
);

testWith(
  "promise 06: a seal is not taken for the run's if it cannot be removed",
  { isRoot: true },
  () =>
    withRunSystem({ "run/metadata/torcx": "old\n" }, async (root) => {
      const [, failed, status, , retry, last] = await runSteps(root, [
        "mount --bind run/metadata run/metadata && mount -o remount,bind,ro run/metadata",
        "torcx apply",
        STATE,
        "umount run/metadata",
        "torcx apply --retry --output json",
        STATE,
      ]);
      assertEquals(failed!.code, 1);
      assertMatch(failed!.output, /^torcx: Cannot apply[^\n]*remove the old seal "\/run\/metadata\/torcx"\n/);
      assertEquals([status!.code, readState(status!.output)], [1, "failed"]);
      assertEquals([retry!.code, last!.code], [0, 0], retry!.output);
    }),
);

interface Fault {
  if: string;
  break: string;
  state: "degraded" | "unmounted" | "killed";
  /** What a plain apply says of it. */
  says: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    if: "a tree has another mount over it",
    break: "mount -t tmpfs none run/torcx/unpack/hello",
    state: "degraded",
    says: /tree of image "hello", "\/run\/torcx\/unpack\/hello", has another mount over it/,
  },
  {
    if: "a squashfs is unmounted",
    break: "umount run/torcx/unpack/loop",
    state: "degraded",
    says: /tree of image "loop", [^,]*, is not mounted any more/,
  },
  {
    if: "another squashfs is there",
    break: "umount run/torcx/unpack/loop && mount -t tmpfs -o ro none run/torcx/unpack/loop",
    state: "degraded",
    says: /tree of image "loop", [^,]*, is another one than was made/,
  },
  {
    if: "the unpack dir is writable",
    break: "mount -o remount,rw run/torcx/unpack",
    state: "degraded",
    says: /"\/run\/torcx\/unpack" is writable/,
  },
  {
    if: "a tree was removed while the unpack dir was writable",
    break:
      "mount -o remount,rw run/torcx/unpack && rm -r run/torcx/unpack/hello && mount -o remount,ro run/torcx/unpack",
    state: "degraded",
    says: /tree of image "hello", [^,]*, is gone/,
  },
  {
    if: "another mount is over the unpack dir",
    break: "mount -t tmpfs -o ro none run/torcx/unpack",
    state: "degraded",
    says: /another mount is on "\/run\/torcx\/unpack"/,
  },
  {
    if: "the seal says something else",
    break: "sed -i s/edge/other/ run/metadata/torcx",
    state: "degraded",
    says: /"\/run\/metadata\/torcx" is not the seal of the last run/,
  },
  {
    if: "the seal says nothing",
    break: ": > run/metadata/torcx",
    state: "degraded",
    says: /"\/run\/metadata\/torcx" is not the seal of the last run/,
  },
  {
    if: "the report is gone",
    break: "rm run/torcx/report.json",
    state: "degraded",
    says: /the report of the run is gone/,
  },
  {
    if: "the unpack dir is unmounted",
    break: "umount -R run/torcx/unpack",
    state: "unmounted",
    says: /"\/run\/torcx\/unpack" is not mounted any more/,
  },
  { if: "the seal is gone", break: "rm run/metadata/torcx", state: "killed", says: /was cut off/ },
];

for (const { if: condition, break: command, state, says } of FAULTS) {
  testWith(
    `promise 06: a system is not sealed, and a retry seals it, if ${condition}`,
    { isRoot: true },
    () =>
      withRunSystem({
        "usr/share/torcx/profiles/vendor.json":
          '{"kind":"profile-manifest-v0","value":{"images":[{"name":"loop","reference":"1"}]}}\n',
        "t/x": "x\n",
      }, async (root) => {
        const mounts = 'grep -c -F " $PWD/" /proc/self/mounts';
        const [, first, whole, broken, status, plain, retry, last, all] = await runSteps(root, [
          "mksquashfs t var/lib/torcx/store/loop:1.torcx.squashfs -quiet -no-progress >/dev/null",
          "torcx apply --output json",
          `find run/systemd run/sysusers.d | LC_ALL=C sort; ${mounts}`,
          command,
          STATE,
          "torcx apply",
          "torcx apply --retry --output json",
          STATE,
          `find run/systemd run/sysusers.d | LC_ALL=C sort; ${mounts}`,
        ]);
        assertEquals([first!.code, broken!.code], [0, 0], first!.output + broken!.output);
        const code = state === "degraded" ? 4 : 1;
        assertEquals([status!.code, readState(status!.output)], [code, state]);
        assertEquals(plain!.code, code, plain!.output);
        assertMatch(plain!.output, says);
        assertEquals(retry!.code, 0, retry!.output);
        assertEquals([last!.code, readState(last!.output)], [0, "sealed"], last!.output);
        assertEquals(all, whole, "files and mounts are as after the first run");
      }),
  );
}
