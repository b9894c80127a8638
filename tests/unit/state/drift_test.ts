/** Tests what has changed since an apply: records, archives, and the profile of the next boot. */

import { assertEquals } from "@std/assert";
import { findDrift, judgeRun } from "../../../lib/state/drift.ts";
import { findReport } from "../../../lib/state/run_state.ts";
import { withApplied } from "../../support/applied.ts";
import { testWith } from "../../support/needs.ts";
import { makeProfile } from "../../support/nodes.ts";

const ARCHIVE = "var/lib/torcx/store/hello:1.torcx.tgz";

/** Changes of the system, and what is found then: kind, scope and words. */
const CASES: { name: string; change: (path: string) => void; drift: string[]; state: string }[] = [
  { name: "nothing", change: () => {}, drift: [], state: "sealed" },
  {
    name: "a run profile that is another",
    change: (path) => Deno.writeTextFileSync(`${path}/run/torcx/profile.json`, "{}"),
    drift: ['run_profile running: the run profile "/run/torcx/profile.json" is not what was written'],
    state: "degraded",
  },
  {
    name: "an archive of another size",
    change: (path) => Deno.writeTextFileSync(`${path}/${ARCHIVE}`, "another archive"),
    drift: [
      `archive_changed files: the archive of image "hello", "/${ARCHIVE}", is another one now: its size has changed`,
    ],
    state: "sealed",
  },
  {
    name: "an archive that is gone",
    change: (path) => Deno.removeSync(`${path}/${ARCHIVE}`),
    drift: [`archive_gone files: the archive of image "hello", "/${ARCHIVE}", is gone`],
    state: "sealed",
  },
  {
    name: "images of the next boot that are others",
    change: (path) =>
      Deno.writeTextFileSync(
        `${path}/usr/share/torcx/profiles/vendor.json`,
        makeProfile("hello:2", "more:1"),
      ),
    drift: [
      'next_image next: image "hello" changes from "1" to "2"',
      'next_image next: image "more:1" comes',
    ],
    state: "sealed",
  },
];

for (const { name, change, drift, state } of CASES) {
  testWith(`findDrift() tells ${name}`, { isRoot: true }, () =>
    withApplied(({ path }, system) => {
      change(path);
      const found = findDrift(
        system,
        findReport(system)!,
        { faults: [] },
      );
      assertEquals(found.map(({ kind, scope, message }) => `${kind} ${scope}: ${message}`), drift);
      assertEquals(judgeRun(system).kind, state);
    }));
}
