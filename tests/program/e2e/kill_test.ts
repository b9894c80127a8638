/** Tests applies that are killed, told to end, or started twice at the same time. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, type Node } from "../../support/nodes.ts";
import { LIST_MOUNTS, LIST_RUN, runSteps, type StepResult, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";

const STORE = "var/lib/torcx/store";
const KILLS = 8;
const UNITS = 200;
const FILES = 24;
const FILE_BYTES = 1 << 20;

const SYSTEM: Record<string, Node> = {
  "usr/lib/os-release": "VERSION_ID=1\n",
  "usr/share/torcx/profiles/vendor.json": makeProfile("loop:1", "large:1"),
  "run/systemd/.keep": "",
  "etc/torcx/profiles/edge.json": makeProfile(),
  "etc/torcx/next-profile": "edge\n",
  "t/x": "x\n",
};

/** Packs an image that takes a while: data that does not compress, many programs and units. */
function packLarge(root: string): void {
  const nodes: Record<string, Node> = makeManifest({ bin: ["/bin"], units: ["/units/large.target.wants"] });
  const data = new Uint8Array(FILE_BYTES / 2);
  for (let at = 0; at < FILES; at++) {
    for (let from = 0; from < data.length; from += 65536) {
      crypto.getRandomValues(data.subarray(from, from + 65536));
    }
    nodes[`bin/program-${at}`] = data.toHex();
  }
  for (let at = 0; at < UNITS; at++) nodes[`units/large.target.wants/${at}.service`] = `# ${at}\n`;
  packImage(`${root}/${STORE}/large:1.torcx.tgz`, nodes);
}

const PACK_LOOP = `mksquashfs t ${STORE}/loop:1.torcx.squashfs -quiet -no-progress >/dev/null && rm -r t`;

/** What is there in the end: files, mounts, and loop devices, the root's own path taken out. */
const LIST_ALL = `{ ${LIST_RUN}; find run/torcx/unpack -type f -printf '%m %s %p\\n' | LC_ALL=C sort; ` +
  `{ ${LIST_MOUNTS}; } | sed "s|$PWD||; s|^/dev/loop[0-9]*|/dev/loop|"; }`;

/**
 * Starts an apply and waits until RUN is there, or the apply has ended. A shell without job control has its
 * background commands ignore SIGINT, which torcx respects.
 */
const START = `env --default-signal=INT "\${program[@]}" apply --output json > out.txt 2>&1 & pid=$!; ` +
  `until [ -e run/torcx ] || ! kill -0 $pid 2>/dev/null; do read -t 0.002 <> <(:); done`;

async function withLarge(use: (root: string) => Promise<void>): Promise<void> {
  await withRoot(SYSTEM, async (root) => {
    packLarge(root);
    await use(root);
  });
}

testWith(
  "torcx apply --retry starts clean and seals if an apply was killed at any moment",
  { isRoot: true },
  () =>
    withLarge(async (root) => {
      const reset =
        "umount -R run/torcx/unpack; rm -r run/torcx run/metadata run/systemd/system; rm -f out.txt";
      const [, whole, complete] = await runSteps(root, [
        PACK_LOOP,
        "torcx apply --output json 2> /dev/null",
        LIST_ALL,
        reset,
      ]);
      assertEquals(whole!.code, 0, whole!.output);
      const duration: number = JSON.parse(whole!.output).value.duration_ms;
      assertMatch(complete!.output, /\/dev\/loop \/run\/torcx\/unpack\/loop squashfs ro/);
      let unsealed = 0;
      for (let at = 0; at < KILLS; at++) {
        const delay = (duration * at / KILLS / 1000).toFixed(3);
        const [, seal, plain, , retried, all] = await runSteps(root, [
          `${START}; sleep ${delay}; kill -KILL $pid; wait $pid`,
          "test -e run/metadata/torcx",
          "torcx apply --output text",
          // The way back may be cut off too.
          `"\${program[@]}" apply --retry > out.txt 2>&1 & pid=$!; sleep ${
            0.05 + at * 0.05
          }; kill -KILL $pid; wait $pid`,
          "torcx apply --retry --output json",
          LIST_ALL,
          reset,
        ]);
        const moment = `killed ${delay} s after RUN was made`;
        if (seal!.code !== 0) {
          unsealed++;
          assertEquals(plain!.code, 1, moment);
          assertMatch(
            plain!.output,
            /^torcx: Cannot apply: an earlier run in this boot was cut off\n/,
            moment,
          );
          assertMatch(plain!.output, /--retry/);
        } else assertMatch(plain!.output, /already applied/, moment);
        assertEquals(retried!.code, 0, `${moment}: ${retried!.output}`);
        assertEquals(all, complete, moment);
      }
      assert(unsealed >= KILLS / 2, `only ${unsealed} of ${KILLS} applies were cut off`);
    }),
);

testWith(
  "torcx apply undoes all it did if it is told to end",
  { isRoot: true },
  () =>
    withLarge(async (root) => {
      for (const signal of ["TERM", "INT"]) {
        const [, before, ended, after, run, text, retried] = await runSteps(root, [
          `test -e t && { ${PACK_LOOP}; }`,
          `find run/systemd; ${LIST_MOUNTS}`,
          `${START}; until grep -qF " $PWD/run/torcx/unpack " /proc/self/mounts; do :; done; kill -${signal} $pid; wait $pid`,
          `find run/systemd; ${LIST_MOUNTS}`,
          "find run/torcx run/metadata -mindepth 1",
          "cat run/torcx/report.json",
          "torcx apply --retry --output json",
          "umount -R run/torcx/unpack; rm -r run/torcx run/metadata run/systemd/system",
        ]);
        const output = await Deno.readTextFile(`${root}/out.txt`);
        assertEquals(ended!.code, signal === "TERM" ? 128 + 15 : 128 + 2, `${signal}: ${output}`);
        assertEquals(after, before, signal);
        assertMatch(run!.output, /^run\/torcx\/lock\nrun\/torcx\/report.json\n(find: .*\n)?$/);
        assertEquals(JSON.parse(text!.output).value.outcome, "failed");
        assertEquals(retried!.code, 0, retried!.output);
      }
    }),
);

testWith(
  "torcx apply exits with 1 and says so if another one is at work",
  { isRoot: true },
  () =>
    withLarge(async (root) => {
      const [, first, second, all]: StepResult[] = await runSteps(root, [
        PACK_LOOP,
        '"${program[@]}" apply > one.txt 2>&1 & one=$!; "${program[@]}" apply > two.txt 2>&1 & two=$!; wait $one',
        "wait $two",
        LIST_ALL,
      ]);
      assertEquals([first!.code, second!.code].sort(), [0, 1]);
      const loser = await Deno.readTextFile(`${root}/${first!.code === 1 ? "one" : "two"}.txt`);
      assertMatch(loser, /^torcx: Cannot apply: another torcx is at work \(process \d+\)\nHint: /);
      assertMatch(all!.output, /^f 444 run\/metadata\/torcx$/m);
      assertEquals(all!.output.match(/^tmpfs /gm)?.length, 1);
      assertEquals(all!.output.match(/^\/dev\/loop /gm)?.length, 1);
    }),
);

testWith(
  "torcx image extract leaves a tree that nobody else enters if it is killed",
  { isRoot: true },
  () =>
    withLarge(async (root) => {
      const [, killed] = await runSteps(root, [
        "mkdir x",
        `"\${program[@]}" image extract ${STORE}/large:1.torcx.tgz x >out.txt 2>&1 & pid=$!; ` +
        "until [ -e x/bin/program-0 ]; do kill -0 $pid || exit 9; done; kill -KILL $pid; wait $pid; " +
        "stat -c %a x; find x -mindepth 1 | head -1",
      ]);
      assertMatch(killed!.output, /^700\nx\/\S+\n/m);
    }),
);
