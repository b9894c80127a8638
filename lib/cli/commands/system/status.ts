/** Owns `torcx status`: tells a person, or a script, what this boot's apply came to. */

import type { Drift, DriftScope } from "../../../state/drift_kinds.ts";
import { readStatus, type Status } from "../../../state/status.ts";
import { listHints, listMessages } from "../../../errors.ts";
import { SILENT_LOG } from "../../../log.ts";
import { encodeStatus, type StatusWords } from "../../../manifest/outputs/status.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { type Output, printable, wrapWords } from "../../output.ts";
import { describeStatus, getStatusExit, getStatusStyle } from "./status_words.ts";
import { examineSystem } from "../../system.ts";

/** As many lines of one kind are shown as text; JSON has all. */
const LINES_MAX = 12;
/** The width of what stands before the text of a line. */
const LABEL_WIDTH = 11;

const DRIFT_LABELS: Record<DriftScope, string> = {
  running: "Drift:",
  files: "Changed:",
  next: "Next boot:",
};

/** Shows the status. */
export function runStatus(options: CommandOptions<"status">, context: Context): number {
  using system = examineSystem(options, { ...context, log: SILENT_LOG });
  const { stdout } = context;
  const status = readStatus(system);
  const words = describeStatus(status, options.root);
  const settingsFault = system.fault === undefined ? null : listMessages(system.fault);
  if (stdout.format === "json") {
    if (settingsFault !== null) context.log.warning(settingsFault.join(": "));
    const { foreign: _foreign, is_undone: _isUndone, ...fields } = status;
    stdout.writeText(encodeStatus({ ...fields, ...words, settings_fault: settingsFault }));
  } else {
    writeHead(stdout, status, { words });
    if (system.fault !== undefined) {
      writeLines(stdout, { label: "Settings:", texts: listMessages(system.fault) });
      writeLines(stdout, { label: "Hint:", texts: listHints(system.fault) });
    }
    writeDetails(stdout, status);
  }
  return getStatusExit(status);
}

function writeHead(out: Output, status: Status, { words }: { words: StatusWords }): void {
  out.writeLine(out.style(getStatusStyle(status), printable(words.summary)));
  writeLines(out, { label: "Why:", texts: words.reasons });
  writeLines(out, { label: "Next:", texts: words.next_steps });
  // As it is typed: one line, whatever the terminal's width.
  out.writeLine(`${"Log:".padEnd(LABEL_WIDTH)}${printable(words.log_command)}`);
}

/** Writes texts below one another, wrapped, the label before the first. */
function writeLines(out: Output, { label, texts }: { label: string; texts: readonly string[] }): void {
  const rest = texts.length - LINES_MAX;
  const shown = rest > 1
    ? [...texts.slice(0, LINES_MAX), `… and ${rest} more: "torcx status --output json"`]
    : texts;
  shown.forEach((text, index) => {
    const first = (index === 0 ? label : "").padEnd(LABEL_WIDTH);
    for (const line of wrapWords(splitWords(printable(text)), first, " ".repeat(LABEL_WIDTH))) {
      out.writeLine(line);
    }
  });
}

/** Splits text at blanks, but not within a short command in quotes: it is typed as it stands. */
function splitWords(text: string): string[] {
  return text.match(/"torcx [^"]{1,40}"\S*|\S+/g) ?? [];
}

function writeDetails(out: Output, status: Status): void {
  const { state, unpack_dir, bin_dir, is_read_only, report, drift } = status;
  const upper = status.upper_profile === null ? [] : [status.upper_profile];
  const names = [...status.lower_profiles, ...upper];
  if (report !== null || unpack_dir !== null) {
    writeLines(out, { label: "Profiles:", texts: [names.length === 0 ? "none" : names.join(", ")] });
  }
  if (bin_dir !== null) writeLines(out, { label: "Programs:", texts: [bin_dir] });
  if (unpack_dir !== null) {
    const access = is_read_only === null ? "not mounted" : is_read_only ? "read-only" : "WRITABLE";
    writeLines(out, { label: "Images in:", texts: [`${unpack_dir} (${access})`] });
  }
  writeImages(out, status);
  if (report !== null) writeReport(out, { state, report });
  for (const scope of ["running", "files", "next"] as const) {
    const isShown = (item: Drift): boolean =>
      item.scope === scope && !(state === "degraded" && item.is_degrading);
    writeLines(out, {
      label: DRIFT_LABELS[scope],
      texts: drift.filter(isShown).map(({ message }) => message),
    });
  }
}

function writeImages(out: Output, { images }: Status): void {
  out.writeTable(
    ["IMAGE", "REFERENCE", "PROFILE", "FORMAT", "STATE"],
    images.map(({ name, reference, profile, format, path, is_mounted, errors }) => [
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
}

function writeReport(
  out: Output,
  { state, report }: { state: Status["state"]; report: NonNullable<Status["report"]> },
): void {
  const time = `${report.duration_ms.toFixed(0)} ms, ${report.mode}, at ${report.started_at}`;
  writeLines(out, { label: "Last run:", texts: [`${time}, torcx ${report.version}`] });
  writeLines(
    out,
    {
      label: "Conflict:",
      texts: report.conflicts.map(({ image, to, kept }) => `${to} of ${image}: kept as ${kept} has it`),
    },
  );
  writeLines(out, { label: "Warning:", texts: report.warnings });
  if (state === "failed") writeLines(out, { label: "Hint:", texts: report.hints });
}
