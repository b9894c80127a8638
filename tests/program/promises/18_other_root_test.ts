/** Promise 18: what torcx.service calls tells the running system only of what is the running system's. */

import { assertEquals, assertMatch } from "@std/assert";
import { runSteps } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";
import { withRunSystem } from "../../support/run_system.ts";

testWith(
  "promise 18: apply --boot below another root tells the host nothing",
  { isRoot: true },
  () =>
    withRunSystem({}, async (root) => {
      const results = await runSteps(root, [
        "torcx apply --boot",
        "torcx status --output json",
        "umount run/torcx/unpack && torcx apply --boot",
        "torcx status --output json",
      ]);
      for (const [apply, status] of [results.slice(0, 2), results.slice(2)]) {
        assertEquals([apply!.code, apply!.output], [0, ""]);
        const { state, report } = JSON.parse(status!.output).value;
        assertEquals([status!.code, state, report.steps], [0, "sealed", []]);
      }
    }),
);

testWith(
  "promise 18: apply --boot does not fail the service of a degraded system",
  { isRoot: true },
  () =>
    withRunSystem({}, async (root) => {
      const [, , boot, status] = await runSteps(root, [
        "torcx apply --output json",
        "rm run/torcx/bin/hello",
        "torcx apply --boot",
        "torcx status --output json",
      ]);
      assertEquals([boot!.code, status!.code], [0, 4], boot!.output);
      assertMatch(
        boot!.output,
        /warning: already applied in this boot, but "\/run\/torcx\/bin\/hello"[^\n]* is gone/,
      );
    }),
);
