/**
 * Owns the generator's apply in place: whether it can be done now, and doing it. It refuses to judge whether
 * mounts made now last.
 */

import type { System } from "../config/system.ts";
import { quote, TorcxError } from "../errors.ts";
import { SILENT_LOG } from "../log.ts";
import { formatImage } from "../manifest/names.ts";
import { type ApplyOptions, applyProfile } from "../apply/apply.ts";
import { prepareSquashfs } from "../apply/squashfs_support.ts";
import { planApply } from "../apply/plan.ts";
import { listAwaited } from "../apply/policy.ts";
import type { ApplyReport } from "../manifest/report.ts";
import { readRunState } from "../state/run_state.ts";

/** Returns why the plan is not complete yet, undefined if it can be carried out. Nothing is touched. */
export async function findObstacle(system: System): Promise<string | undefined> {
  try {
    // The apply plans again, lock held, and its remarks are logged then; so does the service.
    const plan = planApply({ ...system, log: SILENT_LOG });
    const awaited = listAwaited([...plan.missing, ...plan.broken]);
    if (awaited.length > 0) {
      const names = awaited.map(({ image }) => quote(formatImage(image))).join(", ");
      return `no archive is there yet of ${names}`;
    }
    const needsLoop = plan.images.some(({ archive }) => archive.format === "squashfs");
    if (needsLoop && !await prepareSquashfs(system.log)) return "squashfs or loop devices cannot be had yet";
  } catch (error) {
    // The apply meets the same error, and keeps it in its report.
    if (!(error instanceof TorcxError)) throw error;
  }
  return undefined;
}

/**
 * Applies in the generator.
 *
 * @throws {TorcxError} as `applyProfile()`; another torcx at work is no error.
 */
export async function applyInGenerator(
  system: System,
  options: Pick<ApplyOptions, "version" | "signal">,
): Promise<void> {
  const { log } = system;
  try {
    const outcome = await applyProfile(system, { mode: "in-place", ...options });
    if (outcome.kind === "already_sealed") log.info("already run: the system is sealed");
    if (outcome.kind === "already_degraded") {
      log.warning(`already run: the system is sealed, but ${outcome.faults.join("; ")}`);
    }
  } catch (error) {
    if (!(error instanceof TorcxError) || (error.code !== "busy" && error.code !== "exists")) throw error;
    log.info(`nothing is done: ${error.message}`);
  }
}

/** Returns the report of a system that is sealed by the generator, undefined if it is not, or by another. */
export function findReportInPlace(system: System): ApplyReport | undefined {
  const state = readRunState(system);
  const isSealed = state.kind === "sealed" || state.kind === "degraded";
  return isSealed && state.report?.mode === "in-place" ? state.report : undefined;
}
