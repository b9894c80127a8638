/**
 * Owns the plan of what the running system is told after the seal: users, files, rules, networks and units
 * that came, each with the service manager's own program, so that they have the same effect as if they had
 * been there before the boot. It is pure.
 */

import { basename } from "@std/path/posix/basename";
import { type ApplyReport, listAssetFiles } from "../manifest/report.ts";
import type { AssetKind } from "../manifest/asset_kinds.ts";
import type { ProgramName } from "../sys/programs.ts";
import { isUnitName, type UnitState } from "../sys/manager.ts";
import { listStaticNodes, listTriggers } from "./udev_rules.ts";

/** One program to run. */
export interface IntegrationStep {
  program: ProgramName;
  args: string[];
  /** What it reads on its standard input. */
  input?: string;
  /** What does the same where it fails; nothing is amiss then. */
  fallback?: IntegrationStep;
}

/** Who calls, and when. */
export interface IntegrationOptions {
  /** In torcx.service nothing is waited for: a job that waits for this unit would never end. */
  isService: boolean;
  /** Whether the system may have booted without the addons, or with others: not the first run of a boot. */
  isRecovery: boolean;
}

/** The rules files that came, and all that udev reads, in its order. */
export interface RulesTexts {
  added: string[];
  /** Read only where it matters. */
  readAll: () => string[];
}

/** What must be known of the running system. */
export interface SystemState {
  /** As {@linkcode readManagerState}; undefined in the first run of a boot: it is starting. */
  manager: string | undefined;
  /** The units of {@linkcode listUnitsOfInterest}. */
  units: ReadonlyMap<string, UnitState>;
}

const TARGET = "torcx.target";
const DEFAULT_TARGET = "default.target";
const SYSINIT_TARGET = "sysinit.target";
const TMPFILES_SETUP = "systemd-tmpfiles-setup.service";
const TMPFILES_SETUP_DEV = "systemd-tmpfiles-setup-dev.service";
const UDEVD = "systemd-udevd.service";
const NETWORKD = "systemd-networkd.service";

/** Returns the units whose state decides what is told, of what came. */
export function listUnitsOfInterest(report: ApplyReport): string[] {
  const has = (kind: AssetKind): boolean => listAssetFiles(report, kind).length > 0;
  return [
    ...(has("tmpfiles") ? [TMPFILES_SETUP, TMPFILES_SETUP_DEV] : []),
    ...(has("udev_rules") ? [UDEVD] : []),
    ...(has("network") ? [NETWORKD] : []),
    SYSINIT_TARGET,
    DEFAULT_TARGET,
    ...listWantingTargets(report),
  ];
}

/** Returns whether the boot is past the place of torcx.service: it was not the boot that started it. */
export function isPastBoot(units: ReadonlyMap<string, UnitState>): boolean {
  return units.get(SYSINIT_TARGET)?.active === "active";
}

/** Plans what comes before the units are loaded. */
export function planAssetSteps(
  report: ApplyReport,
  { units }: SystemState,
  rules: RulesTexts,
): IntegrationStep[] {
  const paths = (kind: AssetKind): string[] => listAssetFiles(report, kind).map(({ to }) => to);
  const isActive = (name: string): boolean => units.get(name)?.active === "active";
  const steps: IntegrationStep[] = [];
  // Before all that may run as these users.
  const sysusers = paths("sysusers");
  if (sysusers.length > 0) steps.push({ program: "systemd-sysusers", args: sysusers });
  const tmpfiles = paths("tmpfiles");
  if (tmpfiles.length > 0) {
    // In a boot the second of the two services comes after torcx.service and reads the new files by itself.
    if (isActive(TMPFILES_SETUP)) {
      steps.push({ program: "systemd-tmpfiles", args: ["--create", "--remove", ...tmpfiles] });
    } else if (isActive(TMPFILES_SETUP_DEV)) {
      steps.push({ program: "systemd-tmpfiles", args: ["--prefix=/dev", "--create", "--boot", ...tmpfiles] });
    }
  }
  // Without /sys to write on, as in containers, there is no udevd.
  if (paths("udev_rules").length > 0 && isActive(UDEVD)) steps.push(...planRuleSteps(rules));
  if (paths("network").length > 0 && isActive(NETWORKD)) {
    steps.push({ program: "networkctl", args: ["reload"] });
  }
  return steps;
}

function planRuleSteps({ added, readAll }: RulesTexts): IntegrationStep[] {
  // Its answer was seen to stay out (systemd 257), a minute by default. The other way has none to wait for.
  const fallback: IntegrationStep = { program: "systemctl", args: ["reload", "--no-block", UDEVD] };
  const steps: IntegrationStep[] = [
    { program: "udevadm", args: ["control", "--reload", "--timeout=5"], fallback },
  ];
  const nodes = added.some((text) => text.includes("static_node=")) ? listStaticNodes(added, readAll()) : [];
  if (nodes.length > 0) {
    steps.push({ program: "systemd-tmpfiles", args: ["--create", "-"], input: `${nodes.join("\n")}\n` });
  }
  for (const args of listTriggers(added)) steps.push({ program: "udevadm", args: ["trigger", ...args] });
  return steps;
}

/** Plans whether the manager reads its units again. */
export function planReload(report: ApplyReport, { isRecovery }: IntegrationOptions): IntegrationStep[] {
  if (!isRecovery && !hasUnits(report)) return [];
  return [{ program: "systemctl", args: ["daemon-reload"] }];
}

/**
 * Plans what is started when the units are loaded: what the transaction of this boot did not know. Targets
 * alone, and of those that an image wants something of only the ones that are active or on the way: to
 * start another one could stop half the system.
 *
 * @param started the units that are started first, in a recovery.
 */
export function planStart(
  report: ApplyReport,
  call: IntegrationOptions,
  { manager, units }: SystemState,
  started: readonly string[] = [],
): IntegrationStep[] {
  if (manager === "stopping" || (!call.isRecovery && !hasUnits(report))) return [];
  const isBooting = manager === undefined || manager === "initializing" || manager === "starting";
  const isOnTheWay = (name: string): boolean => {
    const state = units.get(name);
    return state?.active === "active" || (isBooting && state?.hasJob === true);
  };
  const targets: string[] = [...started];
  if (call.isRecovery) targets.push(TARGET);
  // A boot that goes elsewhere (rescue), and a person who is there, are left alone.
  const isElsewhere = isBooting || manager === "maintenance";
  if (!isElsewhere || isOnTheWay(DEFAULT_TARGET)) targets.push(DEFAULT_TARGET);
  targets.push(...listWantingTargets(report).filter((name) => !targets.includes(name) && isOnTheWay(name)));
  if (targets.length === 0) return [];
  const options = call.isService || isBooting ? ["--no-block"] : [];
  return [{ program: "systemctl", args: ["start", ...options, ...targets] }];
}

/** Returns the targets below whose `.wants` or `.requires` something was propagated. */
function listWantingTargets(report: ApplyReport): string[] {
  const names = listAssetFiles(report, "units")
    .map(({ to }) => /\/([^/]+\.target)\.(?:wants|requires)\/[^/]+$/.exec(to)?.[1] ?? "");
  return [...new Set(names)].filter(isUnitName);
}

/** Returns the units that came: those that can be started, templates left out. */
export function listUnits(report: ApplyReport): string[] {
  const names = listAssetFiles(report, "units").map(({ to }) => basename(to));
  return [...new Set(names)].filter(isUnitName).sort();
}

function hasUnits(report: ApplyReport): boolean {
  return listAssetFiles(report, "units").length > 0;
}
