/** Owns `torcx apply`: by hand, or as torcx.service calls it with `--boot`. */

import { applyProfile } from "../../apply/apply.ts";
import { integrate } from "../../apply/integrate.ts";
import { checkMountView, checkUser } from "../../apply/mount_view.ts";
import { describeOperation, type Operation } from "../../apply/operations.ts";
import { planApply } from "../../apply/plan.ts";
import { decodePath } from "../../bytes.ts";
import { listMessages, TorcxError } from "../../errors.ts";
import { EXIT } from "../../exit.ts";
import { type ApplyReport, REPORT_KIND } from "../../manifest/report.ts";
import { type Context, isRunningSystem } from "../context.ts";
import type { CommandOptions } from "../options.ts";
import { formatSize, type Output, printable } from "../output.ts";
import { openSystem, type System } from "../system.ts";
import { VERSION } from "../version.ts";

type ApplyCommand = CommandOptions<"apply">;

/** The kind of a plan as JSON. */
const PLAN_KIND = "torcx-apply-plan-v0";

/** Applies the profile, or shows the plan of it. */
export async function runApply(options: ApplyCommand, context: Context): Promise<number> {
  using system = openSystem(options, context);
  if (options.isDryRun) return showPlan(options, context, system);
  const { root, settings } = system;
  const { log, progress, stdout } = context;
  if (options.isBoot && !settings.boot.isEnabled) {
    log.info("nothing is done: torcx=0 on the kernel command line");
    return 0;
  }
  checkUser();
  const isByHand = !options.isBoot && isRunningSystem(options.root);
  if (isByHand && !options.isForced) checkMountView(root, settings, log);
  const totals = new Map<string, string>();
  try {
    const outcome = await applyProfile(root, settings, log, {
      mode: options.isBoot ? "hand-off" : "manual",
      version: VERSION,
      isRetry: options.isRetry,
      signal: context.signal,
      ...(options.profile === undefined ? {} : { profile: options.profile }),
      onProgress: ({ image, archiveBytes }, readBytes) => {
        const percent = archiveBytes === 0 ? 100 : Math.floor(readBytes / archiveBytes * 100);
        totals.set(image.name, `${image.name} ${percent} %`);
        progress.show(`Unpacking ${[...totals.values()].join(", ")}`);
      },
    });
    progress.clear();
    if (outcome.kind === "already_sealed") {
      const message = "already applied in this boot: nothing was touched";
      if (stdout.format === "json") log.info(message);
      else stdout.writeLine(`The profile is ${message}`);
      return EXIT.done;
    }
    if (outcome.kind === "already_degraded") {
      const message = `already applied in this boot, but ${outcome.faults.join("; ")}`;
      log.warning(`${message}; "torcx apply --retry" makes it anew`);
      return EXIT.degraded;
    }
    if (options.isBoot) await integrate(root, settings, log, outcome.report);
    else writeReport(stdout, outcome.report);
    return 0;
  } finally {
    progress.clear();
  }
}

function writeReport(out: Output, report: ApplyReport): void {
  if (out.format === "json") return out.writeJson({ kind: REPORT_KIND, value: report });
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

function showPlan(options: ApplyCommand, { stdout, log }: Context, { root, settings }: System): number {
  const plan = planApply(
    root,
    settings,
    log,
    options.profile === undefined ? {} : { profile: options.profile },
  );
  const faults = [...plan.missing, ...plan.broken];
  const operations = [...plan.preparation, ...plan.closing];
  const { lower, upper, images } = plan.selection;
  if (stdout.format === "json") {
    stdout.writeJson({
      kind: PLAN_KIND,
      value: {
        lower_profiles: lower,
        upper_profile: upper ?? "",
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
        operations: operations.map(toJson),
      },
    });
  } else {
    for (const operation of plan.preparation) stdout.writeLine(describeOperation(operation));
    stdout.writeLine("propagate what the images' manifests ask for");
    for (const operation of plan.closing) stdout.writeLine(describeOperation(operation));
  }
  if (faults.length === 0) return 0;
  throw new TorcxError("failed", `Cannot apply: ${faults.length} of ${images.length} images would fail`, {
    cause: faults.length === 1
      ? faults[0]!.error
      : new AggregateError(faults.map(({ error }) => listMessages(error).join(": "))),
  });
}

function toJson(operation: Operation): Record<string, unknown> {
  const fields = Object.entries(operation).map(([key, value]): [string, unknown] => [
    key === "isOptional" ? "is_optional" : key,
    typeof value === "string" && value.startsWith("/") ? decodePath(value as Operation["path"]) : value,
  ]);
  return Object.fromEntries(fields);
}
