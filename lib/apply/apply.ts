/**
 * Owns "at most once per boot": what an earlier run means for this one, under RUN's lock, before the flow
 * begins. It refuses to know where it is called from: the generator and `torcx apply` tell it by options.
 */

import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import { quote, TorcxError } from "../errors.ts";
import type { ApplyReport } from "../manifest/report.ts";
import { judgeRun } from "../state/drift.ts";
import { Flow, type FlowOptions } from "./flow.ts";
import { INTENT } from "./flow_faults.ts";
import { getJournalPath } from "../state/journal.ts";
import { dropJournal } from "./journal.ts";
import { recover } from "./retry.ts";
import { acquireRunDirectory, describeForeign } from "./run_directory.ts";
import type { RunState } from "../state/run_state.ts";

/** Options of {@linkcode applyProfile}. */
export interface ApplyOptions extends FlowOptions {
  /** Takes back an earlier run that failed, was killed or is degraded, and runs anew. */
  isRetry?: boolean;
}

/** How an apply ended well. */
export type ApplyOutcome =
  /** It ran, and the system is sealed. */
  | { kind: "sealed"; report: ApplyReport }
  /** The system was sealed before; nothing was touched. */
  | { kind: "already_sealed" }
  /** As before, but what was applied is not as it was: only a retry makes it anew. */
  | { kind: "already_degraded"; faults: string[] };

/**
 * Applies the profile, at most once per boot; a soft reboot is a new boot.
 *
 * @throws {TorcxError} `busy` if another torcx is at work, `exists` if an earlier run failed or was
 * cut off and this is no retry, or RUN is not torcx's; `failed` if it fails: then all it did is undone and
 * RUN holds the report.
 */
export async function applyProfile(
  system: System,
  options: ApplyOptions,
): Promise<ApplyOutcome> {
  const { root, settings } = system;
  // Looked at first without the lock: nothing at all is touched then.
  const done = findEarlierOutcome(judgeRun(system), options);
  if (done !== undefined && root.findLstat(getJournalPath(settings)) === undefined) return done;
  using run = acquireRunDirectory(system, INTENT);
  let left: string[] = [];
  if (!run.isNew) {
    const state = judgeRun(system, { isLocked: true });
    const outcome = findEarlierOutcome(state, options);
    if (outcome !== undefined) {
      // A kill between the seal and the end of its run leaves the journal.
      dropJournal(system);
      return outcome;
    }
    if (!isRecovered(state, options)) throw describeEarlierRun(settings, state);
    left = recover(system, state);
  }
  const flow = new Flow(system, left, options);
  let report: ApplyReport;
  try {
    report = await flow.run();
  } catch (error) {
    await flow.takeBack(error);
    throw error;
  }
  // Sealed: nothing that comes now takes it back.
  flow.finish();
  return { kind: "sealed", report };
}

/** Returns how this apply ends if an earlier run in this boot leaves it nothing to do. */
function findEarlierOutcome(state: RunState, { isRetry }: ApplyOptions): ApplyOutcome | undefined {
  if (state.kind === "sealed") return { kind: "already_sealed" };
  if (state.kind !== "degraded" || isRetry === true) return undefined;
  return { kind: "already_degraded", faults: state.faults };
}

/** Returns whether an earlier run is to be taken back. */
function isRecovered({ kind }: RunState, { isRetry, mode }: ApplyOptions): boolean {
  return isRetry === true || (kind === "unmounted" && mode !== "manual");
}

function describeEarlierRun(settings: Settings, state: RunState): TorcxError {
  const hint = 'Look at "torcx status", mend the cause, then run "torcx apply --retry"';
  switch (state.kind) {
    case "foreign":
      return describeForeign(settings, INTENT, state);
    case "failed":
      return new TorcxError("exists", `${INTENT}: it has run in this boot and failed`, {
        cause: new AggregateError(state.report.errors),
        hint,
      });
    case "unmounted":
      return new TorcxError(
        "exists",
        `${INTENT}: it has run in this boot, but ${quote(settings.paths.unpackDir)} is not mounted any more`,
        { hint: 'After a soft reboot, or if it was unmounted by hand, run "torcx apply --retry"' },
      );
    case "sealed":
    case "degraded":
    case "not_applied":
    case "at_work":
    case "killed":
    case "unfinished":
      return new TorcxError("exists", `${INTENT}: an earlier run in this boot was cut off`, { hint });
    default:
      return state satisfies never;
  }
}
