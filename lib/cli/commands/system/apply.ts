/** Owns `torcx apply`: by hand, or with `--boot` in torcx.service. */

import { type ApplyOutcome, applyProfile } from "../../../apply/apply.ts";
import { integrate } from "../../../boot/integrate.ts";
import { checkMountView, checkUser } from "../../../apply/mount_view.ts";
import { describeOperation } from "../../../apply/operations/table.ts";
import { planApply } from "../../../apply/plan.ts";
import { listFailing } from "../../../apply/policy.ts";
import { rehearseApply } from "../../../apply/rehearsal.ts";
import { findReport, readRunState } from "../../../state/run_state.ts";
import { listMessages, quote, TorcxError } from "../../../errors.ts";
import { EXIT } from "../../../exit.ts";
import { encodeApplyOutput } from "../../../manifest/outputs/apply.ts";
import { formatImage } from "../../../manifest/names.ts";
import { encodeApplyPlan, toPlannedOperation } from "../../../manifest/outputs/apply_plan.ts";
import type { ApplyReport } from "../../../manifest/report.ts";
import { isServedBySystemd, type UnitState } from "../../../sys/manager.ts";
import { isPrivateMountNamespace } from "../../../sys/namespace.ts";
import { type Context, isRunningSystem } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { formatPercent, formatSize, type Output, printable } from "../../output.ts";
import { makePreviewSurroundings } from "../../rehearsal.ts";
import type { System } from "../../../config/system.ts";
import { openSystem } from "../../system.ts";
import { VERSION } from "../../../version.ts";

type ApplyCommandOptions = CommandOptions<"apply">;

const SEALED_BEFORE = "already applied in this boot: nothing was touched";
const TOLD_AGAIN = "already applied in this boot: the running system is told again of what came";

/** Applies the profile, or shows the plan of it. */
export async function runApply(options: ApplyCommandOptions, context: Context): Promise<number> {
  using system = openSystem(options, context);
  if (options.isDryRun) return await showPlan(system, context, options);
  const { settings } = system;
  const { log, progress } = context;
  if (options.isBoot && !settings.isBootEnabled) {
    log.info("nothing is done: torcx=0 on the kernel command line");
    return 0;
  }
  checkUser();
  const isRunning = isRunningSystem(options.root);
  // A drop-in can give torcx.service a mount namespace of its own, too.
  if (isRunning && !options.isForced) checkMountView(system);
  const earlier = readRunState(system).kind;
  // sysinit.target starts torcx.service once, before anything has run; later it is a person who does.
  const isRetry = options.isRetry || (options.isBoot && (earlier === "failed" || earlier === "killed"));
  const totals = new Map<string, string>();
  try {
    const outcome = await applyProfile(system, {
      mode: options.isBoot ? "hand-off" : "manual",
      version: VERSION,
      isRetry,
      signal: context.process.signal,
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      onProgress: ({ image, archiveBytes }, readBytes) => {
        totals.set(image.name, `${image.name} ${formatPercent(readBytes, archiveBytes)}`);
        progress.show(`Unpacking ${[...totals.values()].join(", ")}`);
      },
    });
    progress.clear();
    const isRecovery = isRetry || earlier === "unmounted";
    if (options.isBoot) return await finishService(system, outcome, { isRunning, isRecovery });
    return await finishCommand(system, outcome, { options, context });
  } finally {
    progress.clear();
  }
}

/** A service that is sealed already has nothing to do, and is active from then on. */
async function finishService(
  system: System,
  outcome: ApplyOutcome,
  { isRunning, isRecovery }: { isRunning: boolean; isRecovery: boolean },
): Promise<number> {
  const { log } = system;
  if (outcome.kind === "already_sealed") log.info(SEALED_BEFORE);
  else if (outcome.kind === "already_degraded") log.warning(describeDegraded(outcome.faults));
  else if (isRunning) {
    await integrate(system, outcome.report, { isService: true, isRecovery });
  }
  return EXIT.done;
}

async function finishCommand(
  system: System,
  outcome: ApplyOutcome,
  { options, context }: { options: ApplyCommandOptions; context: Context },
): Promise<number> {
  const { log, stdout } = context;
  const report = outcome.kind === "sealed" ? outcome.report : findReport(system);
  const isJson = stdout.format === "json";
  if (outcome.kind === "already_degraded") {
    log.warning(describeDegraded(outcome.faults));
    if (isJson && report !== undefined) stdout.writeText(encodeApplyOutput({ changed: false, ...report }));
    return EXIT.degraded;
  }
  const isServed = isRunningSystem(options.root) && isServedBySystemd(system.root) &&
    isPrivateMountNamespace() === false;
  // What followed the seal may have failed, or nobody was there to do it.
  const hasRecovery = isServed && options.isRetry && report !== undefined;
  if (outcome.kind === "already_sealed") {
    const message = hasRecovery ? TOLD_AGAIN : SEALED_BEFORE;
    if (isJson) log.info(message);
    else stdout.writeLine(`The profile is ${message}`);
  }
  const call = { isService: false, isRecovery: true };
  const units = hasRecovery ? await integrate(system, report, call) : [];
  const changed = outcome.kind === "sealed" || hasRecovery;
  if (isJson && report !== undefined) stdout.writeText(encodeApplyOutput({ changed, ...report }));
  else if (outcome.kind === "sealed") writeReport(stdout, outcome.report);
  if (!isJson) writeUnits(stdout, units);
  else for (const unit of units) if (unit.active === "failed") log.warning(describeFailedUnit(unit));
  if (isServed && !options.isRetry && outcome.kind === "sealed" && outcome.report.assets.length > 0) {
    log.warning('the running system is not told of what came: "torcx apply --retry" does so');
  }
  const hasFailedStep = hasRecovery && report.steps.some(({ error }) => error !== null);
  const isWithoutProfile = outcome.kind === "sealed" && outcome.report.upper_profile_fault !== null;
  return hasFailedStep || isWithoutProfile ? EXIT.degraded : EXIT.done;
}

function describeDegraded(faults: readonly string[]): string {
  return `already applied in this boot, but ${faults.join("; ")}; "torcx apply --retry" makes it anew`;
}

function describeFailedUnit({ id, result }: UnitState): string {
  return `unit ${quote(id)} failed (${result}): "journalctl -b -u ${id}" says why`;
}

/** Says which of the units that came are up, which failed, and which nothing has started. */
function writeUnits(out: Output, units: readonly UnitState[]): void {
  for (const unit of units) {
    const { id, active, sub } = unit;
    if (active === "failed") out.writeLine(`${out.style("red", "failed")}     ${describeFailedUnit(unit)}`);
    else if (active !== "inactive") out.writeLine(`${out.style("green", "up")}         ${id} (${sub})`);
  }
  const idle = units.filter(({ active }) => active === "inactive").map(({ id }) => id);
  if (idle.length > 0) out.writeLine(`inactive   ${idle.join(", ")}`);
}

function writeReport(out: Output, report: ApplyReport): void {
  for (const image of report.images) {
    const what = image.format === "squashfs"
      ? "mounted"
      : `unpacked, ${formatSize(image.unpacked_bytes ?? 0)}`;
    out.writeLine(
      `${printable(image.name)}:${printable(image.reference)} ${what} in ${
        (image.duration_ms ?? 0).toFixed(0)
      } ms`,
    );
  }
  for (const { kind, to } of report.assets) out.writeLine(`  ${kind.padEnd(10)} ${printable(to)}`);
  for (const { to, kept } of report.conflicts) {
    out.writeLine(
      `  ${out.style("yellow", "conflict")}   ${printable(to)} is kept as ${printable(kept)} has it`,
    );
  }
  out.writeLine(`${out.style("green", "Sealed")} in ${report.duration_ms.toFixed(0)} ms`);
}

/** Shows the operations of the apply that would follow, those on the images' files among them. */
async function showPlan(
  system: System,
  context: Context,
  options: ApplyCommandOptions,
): Promise<number> {
  const { stdout, log } = context;
  const profile = options.profile === undefined ? {} : { profile: options.profile };
  const plan = planApply(system, profile);
  // What is odd in images is "torcx plan"'s to tell; here only what makes the list incomplete is.
  const quiet = { ...system, log: { ...log, warning: log.info } };
  const rehearsal = await rehearseApply(
    quiet,
    plan,
    makePreviewSurroundings(context),
  );
  const { faults, operations } = rehearsal;
  for (const [archive, inspection] of rehearsal.inspections) {
    if (inspection instanceof TorcxError || inspection.content !== undefined) continue;
    if (inspection.assetFault !== undefined) continue;
    log.warning(
      `image ${
        quote(formatImage(archive))
      }: its links and copies are not listed, only root can mount a squashfs`,
    );
  }
  for (const { image, to, kept } of rehearsal.propagation.conflicts) {
    log.info(`image ${quote(image)}: ${quote(to)} is kept as ${kept} has it`);
  }
  const { lower, upper, images } = plan.selection;
  if (stdout.format === "json") {
    stdout.writeText(encodeApplyPlan({
      lower_profiles: lower,
      upper_profile: upper ?? null,
      images: images.map((image) => {
        const found = plan.images.find((item) => item.image === image);
        const fault = faults.find((item) => item.image === image);
        return {
          name: image.name,
          reference: image.reference,
          profile: image.profile,
          archive_path: (found ?? fault)?.archive?.path ?? null,
          format: (found ?? fault)?.archive?.format ?? null,
          errors: fault === undefined ? [] : listMessages(fault.error),
        };
      }),
      operations: operations.map(toPlannedOperation),
    }));
  } else {
    for (const operation of operations) stdout.writeLine(describeOperation(operation));
  }
  const failing = listFailing(faults);
  if (failing.length === 0) return 0;
  throw new TorcxError("failed", `Cannot apply: ${failing.length} of ${images.length} images would fail`, {
    cause: failing.length === 1
      ? failing[0]!.error
      : new AggregateError(failing.map(({ error }) => listMessages(error).join(": "))),
  });
}
