/**
 * Owns what the running system is told after the seal of a hand-off: users, units, networks, rules and
 * tmpfiles that came, each with the service manager's own program. A step that fails is logged and in
 * the report; the seal stays. Nothing here waits for a job: that could deadlock the boot.
 */

import { encodePath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import { listMessages, TorcxError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { AssetKind } from "../manifest/image.ts";
import { type ApplyReport, encodeReport, type ReportStep } from "../manifest/report.ts";
import { type ProgramName, runProgram } from "../sys/command.ts";
import type { Root } from "../sys/root.ts";
import { toMs } from "./recorder.ts";
import { listTriggerArguments } from "./udev_rules.ts";

/** Milliseconds for one program; a daemon-reload took 2 s under emulation. */
const STEP_TIMEOUT = 90_000;

/** One program to run. */
export interface IntegrationStep {
  program: ProgramName;
  args: string[];
  /** Runs only if this unit is active, as one that read its files already. */
  ifActive?: string;
}

/**
 * Plans the steps for what was propagated, in order.
 *
 * @param readRules returns the text of a propagated rules file.
 */
export function planIntegration(report: ApplyReport, readRules: (path: string) => string): IntegrationStep[] {
  const paths = (kind: AssetKind): string[] =>
    report.assets.filter((asset) => asset.kind === kind).map(({ to }) => to);
  const steps: IntegrationStep[] = [];
  // Before all that may run as these users.
  const sysusers = paths("sysusers");
  if (sysusers.length > 0) steps.push({ program: "systemd-sysusers", args: sysusers });
  const tmpfiles = paths("tmpfiles");
  if (tmpfiles.length > 0) {
    steps.push({
      program: "systemd-tmpfiles",
      args: ["--create", "--remove", ...tmpfiles],
      // In a boot it comes after torcx.service and reads the new files by itself.
      ifActive: "systemd-tmpfiles-setup.service",
    });
  }
  const rules = paths("udev_rules");
  if (rules.length > 0) {
    steps.push({ program: "udevadm", args: ["control", "--reload"] });
    const trigger = listTriggerArguments(rules.map(readRules));
    if (trigger !== undefined) {
      steps.push({ program: "udevadm", args: ["trigger", "--action=change", ...trigger] });
    }
  }
  if (paths("network").length > 0) {
    steps.push({ program: "networkctl", args: ["reload"], ifActive: "systemd-networkd.service" });
  }
  if (paths("units").length > 0) {
    steps.push({ program: "systemctl", args: ["daemon-reload"] });
    // The transaction of this boot was made without the new units: it is made again, and waits for nobody.
    steps.push({ program: "systemctl", args: ["start", "--no-block", "default.target"] });
  }
  return steps;
}

/** Carries out the steps and adds them to the report on the disk. */
export async function integrate(
  root: Root,
  settings: Settings,
  log: Logger,
  report: ApplyReport,
): Promise<void> {
  const readRules = (path: string): string => new TextDecoder().decode(root.readFile(encodePath(path)));
  for (const step of planIntegration(report, readRules)) {
    if (step.ifActive !== undefined && !await isActive(step.ifActive)) continue;
    report.steps.push(await runStep(step, log));
  }
  if (report.steps.length === 0) return;
  const bytes = new TextEncoder().encode(encodeReport(report));
  root.writeFileAtomic(encodePath(settings.paths.report), bytes, 0o444);
}

async function isActive(unit: string): Promise<boolean> {
  try {
    await runProgram("systemctl", ["is-active", "--quiet", unit], { timeout: STEP_TIMEOUT });
    return true;
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    return false;
  }
}

async function runStep({ program, args }: IntegrationStep, log: Logger): Promise<ReportStep> {
  const command = [program, ...args].join(" ");
  const start = performance.now();
  let error: string | null = null;
  try {
    await runProgram(program, args, { timeout: STEP_TIMEOUT });
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    error = listMessages(cause).join(": ");
  }
  const duration = performance.now() - start;
  if (error === null) log.info(`ran "${command}" in ${duration.toFixed(0)} ms`);
  else log.warning(error);
  return { command, duration_ms: toMs(duration), error };
}
