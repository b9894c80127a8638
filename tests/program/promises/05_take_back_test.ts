/** Tests that what a run left is taken away by its own record once the mounts of its trees are gone. */

import { assertEquals, assertMatch } from "@std/assert";
import { makeProfile } from "../../support/nodes.ts";
import { LIST_RUN, runSteps } from "../../support/e2e_system.ts";
import { withRunSystem } from "../../support/run_system.ts";
import { testWith } from "../../support/needs.ts";

/** What a soft reboot does to a system: /run stays, what is mounted below it goes. */
const SOFT_REBOOT = "umount -R run/torcx/unpack";

testWith(
  "promise 05: after a soft reboot a run takes away all that the last one left, by its record",
  { isRoot: true },
  () =>
    withRunSystem({ "etc/torcx/profiles/none.json": makeProfile() }, async (root) => {
      const steps = await runSteps(root, [
        LIST_RUN,
        "torcx apply --output json",
        `${SOFT_REBOOT}; echo '# mine' >> run/systemd/system/hello.service; echo none > etc/torcx/next-profile`,
        "torcx status --output json",
        "torcx apply",
        "torcx apply --retry --output json",
        LIST_RUN,
        "cat run/metadata/torcx",
      ]);
      const [before, applied, , status, plain, retry, after, seal] = steps;
      assertEquals(applied!.code, 0, applied!.output);
      assertEquals([status!.code, JSON.parse(status!.output).value.state], [1, "unmounted"]);
      assertEquals(plain!.code, 1, "by hand it is asked for");
      assertMatch(plain!.output, /"\/run\/torcx\/unpack" is not mounted any more\nHint: After a soft reboot/);
      assertEquals(retry!.code, 0, retry!.output);
      const own = /run\/(torcx|metadata)/;
      const lines = after!.output.split("\n").filter((line) => !own.test(line));
      // What somebody has changed is his: it is left, and named.
      const kept = ["d 755 run/systemd/system", "f 644 run/systemd/system/hello.service"];
      assertEquals(lines.sort(), [...before!.output.split("\n"), ...kept].sort());
      assertMatch(
        retry!.output,
        /"\/run\/systemd\/system\/hello.service" is left: it is not what torcx made/,
      );
      assertMatch(seal!.output, /TORCX_UPPER_PROFILE="none"/);
    }),
);

testWith(
  "promise 05: taking back that is cut off is taken up again",
  { isRoot: true },
  () =>
    withRunSystem({}, async (root) => {
      const [before, , whole] = await runSteps(root, [LIST_RUN, "torcx apply --output json", LIST_RUN]);
      assertEquals(before!.code, 0);
      // The fault comes at each of the calls in turn that remove a name.
      for (let at = 1; at <= 12; at++) {
        const [, killed, state, retry, after] = await runSteps(root, [
          "umount -R run/torcx/unpack 2>/dev/null; rm -rf run/torcx run/metadata run/systemd/system run/sysusers.d; torcx apply --output json >/dev/null && umount -R run/torcx/unpack",
          `strace -f -qq -o trace -e inject=unlinkat:signal=KILL:when=${at} "\${program[@]}" apply --retry >/dev/null 2>&1`,
          "torcx status --output json",
          "torcx apply --retry --output json",
          LIST_RUN,
        ]);
        const moment = `killed at removal ${at}`;
        if (killed!.code === 0) break;
        assertEquals(["unmounted", "killed"].includes(JSON.parse(state!.output).value.state), true, moment);
        assertEquals(retry!.code, 0, `${moment}: ${retry!.output}`);
        assertEquals(after, whole, moment);
      }
    }),
);
