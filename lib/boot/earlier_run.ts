/**
 * Owns what an earlier run in this boot means to the generator, which runs at every load of the units: who
 * did it, what has to be written anew, and that a soft reboot begins with nothing of the last boot's.
 */

import type { System } from "../config/system.ts";
import { listMessages, quote, TorcxError } from "../errors.ts";
import type { ApplyReport } from "../manifest/report.ts";
import { findJournal } from "../state/journal.ts";
import { readRunState, type RunState } from "../state/run_state.ts";

/** What the generator does about an earlier run. */
export type EarlierRun =
  /** Nothing has run, or nothing is left of it. */
  | { kind: "none" }
  /** The generator itself did it, as the report says, or is at it: it needs no service. */
  | { kind: "in_place"; report?: ApplyReport }
  /** The service did it, or is to be there for whoever starts it. */
  | { kind: "service"; isWanted: boolean; reason: string };

/**
 * Looks at an earlier run, and takes back what it left if the mount of the unpack dir is gone.
 *
 * @param isPrivate whether mounts made here do not last.
 */
export async function settleEarlierRun(system: System, isPrivate: boolean): Promise<EarlierRun> {
  const { settings, log } = system;
  const state = readRunState(system);
  switch (state.kind) {
    case "not_applied":
      return { kind: "none" };
    case "unmounted":
      return await takeBack(system);
    case "failed":
    case "killed":
      // A boot tries once: sysinit.target must not start it again whenever somebody isolates a target.
      return { kind: "service", isWanted: false, reason: `the run in this boot ${describeEnd(state)}` };
    case "foreign": {
      const { describeForeign } = await import("../apply/run_directory.ts");
      log.error(describeForeign(settings, "Cannot apply", state).message);
      return { kind: "service", isWanted: isPrivate, reason: `${quote(settings.runDir)} is not torcx's` };
    }
    case "sealed":
    case "degraded":
      return describeSealed(state.report, isPrivate);
    case "at_work":
    case "unfinished": {
      const mode = findJournal(system)?.mode;
      if (mode === "in-place" && !isPrivate) return { kind: "in_place" };
      // The unit must not vanish from under the job that runs it.
      return { kind: "service", isWanted: mode !== "manual", reason: "a run is at work" };
    }
    default:
      return state satisfies never;
  }
}

function describeEnd({ kind }: Extract<RunState, { kind: "failed" | "killed" }>): string {
  return kind === "failed" ? "has failed" : "was cut off";
}

function describeSealed(report: ApplyReport | undefined, isPrivate: boolean): EarlierRun {
  if (report?.mode === "in-place" && !isPrivate) return { kind: "in_place", report };
  return { kind: "service", isWanted: true, reason: "it did the work in this boot, or finds it done" };
}

/** A soft reboot, or somebody who unmounted by hand: no environment tells them apart. */
async function takeBack(system: System): Promise<EarlierRun> {
  const { settings, log } = system;
  log.info(`${quote(settings.paths.unpackDir)} is not mounted any more: a new boot of the user space`);
  try {
    // The boot flow is loaded for this alone: at every other load of the units it is not needed.
    const { takeBackEarlierRun } = await import("../apply/retry.ts");
    takeBackEarlierRun(system);
    return { kind: "none" };
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    for (const message of listMessages(error)) log.error(message);
    return { kind: "service", isWanted: true, reason: "what the last run left is to be taken back first" };
  }
}
