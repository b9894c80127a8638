/** A small system for the tests of `torcx status`: a tgz with a program and units, and a squashfs. */

import { assertEquals } from "@std/assert";
import { makeProfile, type Node } from "./nodes.ts";
import { makeManifest, packImage, STORE } from "./archives.ts";
import { runSteps, type StepResult, withRoot } from "./e2e_system.ts";
import { findSchemaFaults } from "./schemas.ts";

// deno-lint-ignore no-explicit-any -- what a script sees
export type Json = any;

const NODES: Record<string, Node> = {
  "usr/lib/os-release": "VERSION_ID=1\n",
  "usr/share/torcx/profiles/vendor.json": makeProfile("hello:1"),
  "etc/torcx/profiles/edge.json": makeProfile("sq:1"),
  "etc/torcx/next-profile": "edge\n",
  "run/systemd/.keep": "",
  "sq/x": "x\n",
};

/** A step that packs the squashfs. */
const PACK =
  `[ ! -d sq ] || { mksquashfs sq "${STORE}/sq:1.torcx.squashfs" -quiet -no-progress >/dev/null && rm -r sq; }`;

/** Makes the system, runs steps in it after an apply, and returns what they came to. */
export async function withStatusSystem(
  changes: Record<string, Node>,
  use: (run: (...steps: string[]) => Promise<StepResult[]>, root: string) => Promise<void>,
): Promise<void> {
  await withRoot({ ...NODES, ...changes }, async (root) => {
    packImage(`${root}/${STORE}/hello:1.torcx.tgz`, {
      ...makeManifest({ bin: ["/bin"], units: ["/units/hello.service", "/units/x.target.wants"] }),
      "bin/hello": "#!/bin/sh\n",
      "units/hello.service": "[Service]\n",
      "units/x.target.wants/hello.service": { link: "../hello.service" },
    });
    await use(async (...steps) => {
      const [packed, ...results] = await runSteps(root, [PACK, ...steps]);
      assertEquals(packed, { output: "", code: 0 });
      return results;
    }, root);
  });
}

/** Reads what `torcx status` wrote as JSON; it must be valid. */
export function parseStatus({ output }: StepResult): Json {
  const document = JSON.parse(output);
  assertEquals(findSchemaFaults(document), undefined);
  return document.value;
}

/** The steps of one case: apply, change something, look. */
export async function readStatusAfter(
  changes: Record<string, Node>,
  ...steps: string[]
): Promise<{ code: number; status: Json; root: string }> {
  let found: { code: number; status: Json; root: string } | undefined;
  await withStatusSystem(changes, async (run, root) => {
    const results = await run(
      // 4 where it is degraded from the first.
      "torcx apply --verbose=error >/dev/null || [ $? = 4 ]",
      steps.join("\n") || "true",
      "torcx status",
    );
    assertEquals(results.slice(0, 2), [{ output: "", code: 0 }, { output: "", code: 0 }]);
    found = { code: results[2]!.code, status: parseStatus(results[2]!), root };
  });
  return found!;
}
