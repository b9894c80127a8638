/** Tests what RUN and the seal say of this boot's apply: each state, and what is not believed. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { encodeReport } from "../../../lib/manifest/report.ts";
import { isRunName, readRunState } from "../../../lib/state/run_state.ts";
import { acquireLock } from "../../../lib/sys/lock_file.ts";
import { makeSealText, withApplied } from "../../support/applied.ts";
import { testWith } from "../../support/needs.ts";
import { type Node, withTree } from "../../support/nodes.ts";
import { makeReport } from "../../support/report.ts";

const FAILED = makeReport({ outcome: "failed", errors: ["no"] });

const CASES: { if: string; nodes: Record<string, Node>; state: unknown; mode?: number }[] = [
  { if: "there is nothing", nodes: {}, state: { kind: "not_applied", hasStaleSeal: false } },
  {
    if: "a seal alone is there",
    nodes: { "run/metadata/torcx": "x" },
    state: { kind: "not_applied", hasStaleSeal: true },
  },
  {
    if: "RUN is a file",
    nodes: { "run/torcx": "" },
    state: { kind: "foreign", names: [], reason: "it is a file" },
  },
  {
    if: "RUN leads nowhere",
    nodes: { "run/torcx": { link: "/gone" } },
    state: { kind: "foreign", names: [], reason: "it is a symlink that leads nowhere" },
  },
  {
    if: "RUN has another's files alone",
    nodes: { "run/torcx/notes": "mine" },
    state: { kind: "foreign", names: ["notes"], reason: "torcx did not make what is in it" },
  },
  {
    if: "others may write to RUN",
    nodes: { "run/torcx/lock": "" },
    mode: 0o777,
    state: { kind: "foreign", names: ["lock"], reason: "others may write it (mode 0777)" },
  },
  {
    if: "a report of failure is there",
    nodes: { "run/torcx/report.json": encodeReport(FAILED) },
    state: { kind: "failed", report: FAILED, isUndone: true },
  },
  {
    if: "a failure is reported, beside an older seal and a file of another",
    nodes: {
      "run/torcx/report.json": encodeReport(FAILED),
      "run/metadata/torcx": "x",
      "run/torcx/notes": "mine",
    },
    state: { kind: "failed", report: FAILED, isUndone: true },
  },
  {
    if: "a failure is reported that a journal still undoes",
    nodes: { "run/torcx/report.json": encodeReport(FAILED), "run/torcx/journal.json": "{}" },
    state: { kind: "failed", report: FAILED, isUndone: false },
  },
  {
    if: "RUN has no end and no holder",
    nodes: { "run/torcx/lock": "" },
    state: { kind: "killed", mode: undefined },
  },
  {
    if: "a report of success has no seal",
    nodes: { "run/torcx/report.json": encodeReport(makeReport()) },
    state: { kind: "killed", mode: "manual" },
  },
  {
    if: "the report is another version's",
    nodes: { "run/torcx/report.json": '{"kind":"torcx-apply-report-v9","value":{}}' },
    state: { kind: "killed", mode: undefined },
  },
];

for (const { if: condition, nodes, state, mode } of CASES) {
  Deno.test(`readRunState() says ${(state as { kind: string }).kind} if ${condition}`, () =>
    withTree(nodes, ({ path, readSystem }) => {
      if (mode !== undefined) Deno.chmodSync(`${path}/run/torcx`, mode);
      assertEquals(readRunState(readSystem()) as unknown, state);
    }));
}

Deno.test("readRunState() says at_work while the lock is held, killed to its holder", () =>
  withTree({ "run/torcx": { dir: true } }, ({ root, readSystem }) => {
    const system = readSystem();
    using _lock = acquireLock(root, encodePath("/run/torcx/lock"), { intent: "Cannot test" });
    const state = readRunState(system);
    assertEquals(state.kind === "at_work" && state.pid, Deno.pid);
    assertEquals(readRunState(system, { isLocked: true }).kind, "killed");
  }));

Deno.test("isRunName() knows torcx's own names and temporaries alone", () => {
  const names = ["bin", "unpack", "profile.json", "report.json", "journal.json", "lock", ".torcx-1-2-ab.tmp"];
  assertEquals(names.map(encodePath).filter((name) => !isRunName(name)), []);
  assertEquals(["", "bin2", ".torcx-x.tmp", "notes"].map(encodePath).filter(isRunName), []);
});

testWith(
  "readRunState() says sealed of a whole run, degraded of what is not its own",
  { isRoot: true },
  () =>
    withApplied(({ path }, system) => {
      assertEquals(readRunState(system).kind, "sealed");
      Deno.writeTextFileSync(
        `${path}/run/metadata/torcx`,
        makeSealText(system.settings).replace("vendor", "edge"),
      );
      const changed = readRunState(system);
      assertEquals(changed.kind === "degraded" && changed.faults, [
        '"/run/metadata/torcx" is not the seal of the last run',
      ]);
      Deno.writeTextFileSync(`${path}/run/metadata/torcx`, makeSealText(system.settings));
      Deno.removeSync(`${path}/run/torcx/report.json`);
      const forgotten = readRunState(system);
      assertEquals(forgotten.kind === "degraded" && forgotten.faults, ["the report of the run is gone"]);
    }),
);
