/** Tests that nobody but root can hold RUN's lock, and that everybody sees who does. */

import { assertEquals, assertMatch } from "@std/assert";
import { runSteps } from "../../support/e2e_system.ts";
import { ARCHIVE, withRunSystem } from "../../support/run_system.ts";
import { testWith } from "../../support/needs.ts";

const NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups";
const STATE = "torcx status --output json";
/** Holds RUN's lock until the FIFO is written to; `$pid` is the holder. */
const HOLD =
  "mkfifo hold; flock run/torcx/lock bash -c ': > held; read -r _ < hold' & pid=$!; until [ -e held ]; do read -rt 0.01 <> <(:); done";
const LET_GO = "echo > hold; wait $pid; rm hold held";

testWith(
  "promise 14: who holds RUN's lock is named at once, and a dead holder holds nothing",
  { isRoot: true },
  () =>
    withRunSystem({}, async (root) => {
      const steps = await runSteps(root, [
        `rm ${ARCHIVE}; torcx apply; cp whole ${ARCHIVE}`,
        `${HOLD}; echo $pid`,
        "torcx apply",
        "torcx apply --retry",
        STATE,
        LET_GO,
        "torcx apply --retry --output json",
        "stat -c %a run/torcx/lock",
      ]);
      const [, holder, plain, retry, status, , last, mode] = steps;
      for (const { code, output } of [plain!, retry!]) {
        assertEquals(code, 1);
        assertMatch(
          output,
          /^torcx: Cannot apply: another torcx is at work \(process \d+\)\nHint: Wait for it/,
        );
        assertMatch(output, new RegExp(`\\(process ${holder!.output.trim()}\\)`));
      }
      assertEquals([status!.code, JSON.parse(status!.output).value.state], [5, "at_work"]);
      assertEquals([last!.code, mode!.output], [0, "600\n"], last!.output);
    }),
);

testWith(
  "promise 14: another user can neither hold the lock nor block a retry",
  { isRoot: true },
  () =>
    withRunSystem({}, async (root) => {
      const [, refused, blocked] = await runSteps(root, [
        `chmod 0755 .; rm ${ARCHIVE}; torcx apply; cp whole ${ARCHIVE}`,
        `${NOBODY} flock -n run/torcx/lock true`,
        // As before the lock was a file of its own: whoever can open RUN can lock it.
        `mkfifo hold; ${NOBODY} bash -c 'exec 8< run/torcx; flock 8; echo; read -r _' < hold | { exec 9> hold; read -r _; torcx apply --retry --output json; code=$?; echo >&9; exit $code; }`,
      ]);
      assertEquals(refused!.code, 66, refused!.output);
      assertMatch(refused!.output, /Permission denied/);
      assertEquals(blocked!.code, 0, blocked!.output);
    }),
);

testWith(
  "promise 14: any user sees that torcx is at work; without the kernel's list nobody can tell",
  { isRoot: true },
  () =>
    withRunSystem({}, async (root) => {
      const [, killed, , locked, atWork, unknown] = await runSteps(root, [
        "mkdir run/torcx && install -m 600 /dev/null run/torcx/lock",
        STATE,
        HOLD,
        // The list that status reads.
        `inode=$(stat -c %i run/torcx/lock); ${NOBODY} grep "FLOCK .* $pid .*:$inode " /proc/locks`,
        STATE,
        `mkfifo none; mount --bind none /proc/locks; ${STATE}; umount /proc/locks; ${LET_GO}`,
      ]);
      const read = (output: string): string => JSON.parse(output).value.state;
      assertEquals([killed!.code, read(killed!.output)], [1, "killed"]);
      assertEquals(locked!.code, 0, locked!.output);
      assertEquals([atWork!.code, read(atWork!.output)], [5, "at_work"]);
      assertEquals(read(unknown!.output), "unfinished");
    }),
);
