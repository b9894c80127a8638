/** Tests what the running system is told after the seal, from reports and states of units. */

import { assertEquals } from "@std/assert";
import {
  isPastBoot,
  listUnits,
  listUnitsOfInterest,
  planAssetSteps,
  planReload,
  planStart,
} from "../../../lib/boot/integration.ts";
import type { AssetKind } from "../../../lib/manifest/asset_kinds.ts";
import type { ApplyReport } from "../../../lib/manifest/report.ts";
import type { UnitState } from "../../../lib/sys/manager.ts";
import { makeReport, makeReportAsset } from "../../support/report.ts";

function report(...assets: [kind: AssetKind, to: string][]): ApplyReport {
  return makeReport({ assets: assets.map(([kind, to]) => makeReportAsset(kind, to)) });
}

function units(...active: string[]): Map<string, UnitState> {
  const state = { load: "loaded", active: "active", sub: "", result: "success", hasJob: false };
  return new Map(active.map((id) => [id, { id, ...state }]));
}

const NO_RULES = { added: [], readAll: () => [] };
const UNIT = report(["units", "/run/systemd/system/a.service"], [
  "units",
  "/run/systemd/system/multi-user.target.wants/a.service",
], ["units", "/run/systemd/system/b@.service"]);
const NO_UNIT = report(["bin", "/run/torcx/bin/a"]);
const FIRST = { isService: true, isRecovery: false };
const RECOVERY = { isService: false, isRecovery: true };

Deno.test("planAssetSteps() tells users first, and of the rest only what is at work", () => {
  const all = report(
    ["network", "/run/systemd/network/a.network"],
    ["tmpfiles", "/run/tmpfiles.d/a.conf"],
    ["sysusers", "/run/sysusers.d/a.conf"],
  );
  const plan = (...active: string[]): string[] =>
    planAssetSteps(all, { manager: undefined, units: units(...active) }, NO_RULES)
      .map(({ program, args }) => [program, ...args].join(" "));
  assertEquals(plan(), ["systemd-sysusers /run/sysusers.d/a.conf"]);
  assertEquals(plan("systemd-tmpfiles-setup.service", "systemd-networkd.service"), [
    "systemd-sysusers /run/sysusers.d/a.conf",
    "systemd-tmpfiles --create --remove /run/tmpfiles.d/a.conf",
    "networkctl reload",
  ]);
  assertEquals(
    plan("systemd-tmpfiles-setup-dev.service")[1],
    [
      "systemd-tmpfiles --prefix=/dev --create --boot /run/tmpfiles.d/a.conf",
    ].join(),
  );
  assertEquals(planAssetSteps(NO_UNIT, { manager: "running", units: units() }, NO_RULES), []);
});

Deno.test("planAssetSteps() has udev read rules again, with another way where its answer stays out", () => {
  const rules = report(["udev_rules", "/run/udev/rules.d/60-a.rules"]);
  const plan = (...active: string[]) =>
    planAssetSteps(rules, { manager: "running", units: units(...active) }, {
      added: ['KERNEL=="null", TAG+="x"'],
      readAll: () => [],
    });
  assertEquals(plan(), []);
  const [reload, ...triggers] = plan("systemd-udevd.service");
  assertEquals([reload!.program, reload!.args[0], reload!.fallback?.program], [
    "udevadm",
    "control",
    "systemctl",
  ]);
  assertEquals(triggers.length > 0 && triggers.every(({ args }) => args[0] === "trigger"), true);
});

Deno.test("planReload() has the manager read units that came, and all in a recovery", () => {
  assertEquals(planReload(UNIT, FIRST).map(({ args }) => args), [["daemon-reload"]]);
  assertEquals(planReload(NO_UNIT, FIRST), []);
  assertEquals(planReload(NO_UNIT, RECOVERY).length, 1);
});

Deno.test("planStart() starts targets alone, and waits for none in a boot", () => {
  const start = (from: ApplyReport, call: typeof FIRST, manager: string | undefined, ...active: string[]) =>
    planStart(from, call, { manager, units: units(...active) }).map(({ args }) => args.join(" "));
  assertEquals(start(UNIT, FIRST, undefined, "default.target", "multi-user.target"), [
    "start --no-block default.target multi-user.target",
  ]);
  // A boot that goes elsewhere.
  assertEquals(start(UNIT, FIRST, undefined), []);
  assertEquals(start(UNIT, FIRST, "stopping", "default.target"), []);
  assertEquals(start(NO_UNIT, FIRST, undefined, "default.target"), []);
  assertEquals(start(NO_UNIT, RECOVERY, "running"), ["start torcx.target default.target"]);
  assertEquals(start(NO_UNIT, RECOVERY, "maintenance"), ["start torcx.target"]);
});

Deno.test("listUnits() and listUnitsOfInterest() name units that can be asked for", () => {
  assertEquals(listUnits(UNIT), ["a.service"]);
  assertEquals(listUnitsOfInterest(UNIT), ["sysinit.target", "default.target", "multi-user.target"]);
  assertEquals(
    listUnitsOfInterest(report(["network", "/run/systemd/network/x"]))[0],
    "systemd-networkd.service",
  );
  assertEquals([isPastBoot(units("sysinit.target")), isPastBoot(units())], [true, false]);
});
