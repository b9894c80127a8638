/** Tests that what fails after the seal's rename is a warning, and takes nothing back. */

import { assertEquals, assertMatch } from "@std/assert";
import { runSteps } from "../../support/e2e_system.ts";
import { withRunSystem } from "../../support/run_system.ts";
import { testWith } from "../../support/needs.ts";

const CASES = [
  {
    if: "the seal's directory cannot be synced",
    inject: "fsync:error=EIO",
    path: "$PWD/run/metadata",
    says: /warning: "\/run\/metadata\/torcx" is written, but its directory cannot be synced/,
  },
  {
    if: "the journal cannot be removed",
    inject: "unlinkat:error=EIO",
    path: "journal.json",
    says: /warning: sealed, but the journal cannot be removed: unlinkat\(/,
  },
] as const;

for (const { if: condition, inject, path, says } of CASES) {
  const name = `promise 08: apply seals and warns if ${condition}`;
  testWith(
    name,
    { isRoot: true, programs: ["strace"] },
    () =>
      withRunSystem({ "run/metadata": { dir: true } }, async (root) => {
        const [applied, status, again, list] = await runSteps(root, [
          `strace -f -qq -o trace -e inject=${inject} -P "${path}" "\${program[@]}" apply --output json`,
          "torcx status --output json",
          "torcx apply --output text",
          "ls run/torcx",
        ]);
        assertEquals(applied!.code, 0, applied!.output);
        assertMatch(await Deno.readTextFile(`${root}/trace`), /INJECTED/);
        assertMatch(applied!.output, says);
        assertEquals([status!.code, JSON.parse(status!.output).value.state], [0, "sealed"]);
        assertMatch(again!.output, /already applied/);
        assertEquals(list!.output, "bin\nlock\nprofile.json\nreport.json\nunpack\n");
      }),
  );
}
