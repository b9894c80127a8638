/** Owns `torcx status`: tells a person, or a script, what this boot's apply came to. */

import { EXIT } from "../../exit.ts";
import { readStatus, type Status, STATUS_KIND } from "../../apply/status.ts";
import type { Context } from "../context.ts";
import type { CommandOptions } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { SILENT_LOG } from "../../log.ts";
import { listHints, listMessages } from "../../errors.ts";
import { examineSystem } from "../system.ts";

/** Exit statuses: scripts wait for 0. */
const EXITS: Record<Status["state"], number> = {
  sealed: EXIT.done,
  degraded: EXIT.degraded,
  unmounted: EXIT.failed,
  failed: EXIT.failed,
  at_work: EXIT.atWork,
  killed: EXIT.failed,
  unfinished: EXIT.failed,
  foreign: EXIT.failed,
  not_applied: EXIT.notApplied,
};

const TITLES: Record<Status["state"], string> = {
  sealed: "sealed",
  degraded: "degraded: sealed, but not all is as it was applied",
  unmounted: "failed: sealed, but the mount of the unpack dir is gone",
  failed: "failed: nothing of it is left",
  at_work: "at work",
  killed: "killed: it has not come to its end",
  unfinished: "not finished: it is at work, or was killed",
  foreign: "failed: what is at the run directory is not torcx's own",
  not_applied: "not applied in this boot",
};

const DRIFT_TITLES: Record<Status["drift"][number]["scope"], string> = {
  running: "Drift:    ",
  files: "Changed:  ",
  next: "Next boot:",
};

/** Shows the status. */
export function runStatus(options: CommandOptions<"status">, context: Context): number {
  using system = examineSystem(options, context);
  for (const message of listMessages(system.fault)) context.log.error(message);
  for (const hint of listHints(system.fault)) context.log.error(hint);
  const status = readStatus(system.root, system.settings, SILENT_LOG);
  if (context.stdout.format === "json") context.stdout.writeJson({ kind: STATUS_KIND, value: status });
  else writeStatus(context.stdout, status);
  return EXITS[status.state];
}

function writeStatus(out: Output, status: Status): void {
  const style = status.state === "sealed" ? "green" : status.state === "not_applied" ? "yellow" : "red";
  out.writeLine(`Status:    ${out.style(style, TITLES[status.state])}`);
  if (status.state === "not_applied") {
    out.writeLine('           "torcx plan" shows what the next boot would do');
    return;
  }
  const upper = status.upper_profile === "" ? [] : [status.upper_profile];
  const names = [...status.lower_profiles, ...upper];
  out.writeLine(`Profiles:  ${names.length === 0 ? "none" : names.map(printable).join(", ")}`);
  if (status.bin_dir !== null) out.writeLine(`Programs:  ${printable(status.bin_dir)}`);
  if (status.unpack_dir !== null) {
    const access = status.is_read_only === null
      ? "not mounted"
      : status.is_read_only
      ? "read-only"
      : "WRITABLE";
    out.writeLine(`Images in: ${printable(status.unpack_dir)} (${access})`);
  }
  out.writeTable(
    ["IMAGE", "REFERENCE", "PROFILE", "FORMAT", "STATE"],
    status.images.map(({ name, reference, profile, format, path, is_mounted, errors }) => [
      name,
      reference,
      profile,
      format ?? "-",
      errors.length > 0
        ? { text: "failed", style: "red" }
        : path === null
        ? { text: "not there", style: "yellow" }
        : is_mounted
        ? "mounted"
        : "unpacked",
    ]),
  );
  writeReport(out, status);
  for (const { scope, message } of status.drift) {
    out.writeLine(`${out.style("yellow", DRIFT_TITLES[scope])} ${printable(message)}`);
  }
}

function writeReport(out: Output, { state, report }: Status): void {
  if (state === "unfinished" || state === "killed" || state === "at_work") {
    out.writeLine('Wait for it to end; if it was killed, run "torcx apply --retry"');
    return;
  }
  if (report === null) return;
  const time = `${report.duration_ms.toFixed(0)} ms, ${report.mode}, at ${report.started_at}`;
  out.writeLine(`Last run:  ${time}, torcx ${printable(report.version)}`);
  for (const { image, to, kept } of report.conflicts) {
    out.writeLine(
      `${out.style("yellow", "Conflict:")}  ${printable(to)} of ${printable(image)}: kept as ${
        printable(kept)
      } has it`,
    );
  }
  for (const warning of report.warnings) {
    out.writeLine(`${out.style("yellow", "Warning:")}   ${printable(warning)}`);
  }
  for (const { error } of report.steps) {
    if (error !== null) out.writeLine(`${out.style("yellow", "Warning:")}   ${printable(error)}`);
  }
  report.errors.forEach((error, depth) => {
    out.writeLine(
      `${depth === 0 ? out.style("red", "Error:    ") : "          "} ${depth === 0 ? "" : "  "}${
        printable(error)
      }`,
    );
  });
  for (const hint of report.hints) out.writeLine(`Hint:      ${printable(hint)}`);
  if (state === "failed") out.writeLine('When it is mended: "torcx apply --retry"');
}
