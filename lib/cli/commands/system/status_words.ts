/**
 * Owns what `torcx status` says of each state: a word and a sentence, why, what to type next, and where
 * the log is. Pure; it refuses to judge.
 */

import type { Status } from "../../../state/status.ts";
import type { StatusWords } from "../../../manifest/outputs/status.ts";
import { quote } from "../../../errors.ts";
import { EXIT } from "../../../exit.ts";
import type { Style } from "../../output.ts";

interface StateSpec {
  exit: number;
  style: Style;
  summary: (status: Status) => string;
  nextSteps: (status: Status) => string[];
}

const RETRY = "torcx apply --retry";

/** What has to be done before a retry, which removes nothing that torcx did not make. */
function listObstacles({ drift }: Status): string[] {
  return [
    ...(drift.some(({ kind }) => kind === "profile_missing")
      ? [
        'select a profile that exists: "torcx profile set-next NAME"; where torcx_profile= of the kernel ' +
        'command line names the one that is missing: "torcx apply --retry --profile NAME"',
      ]
      : []),
    ...(drift.some(({ kind }) => kind === "foreign")
      ? ["move what torcx did not make (see below) out of the run directory"]
      : []),
  ];
}

/** What each state is to a person and to a script. */
const STATES: Record<Status["state"], StateSpec> = {
  sealed: {
    exit: EXIT.done,
    style: "green",
    summary: () => "sealed: every tree, link and file that torcx made is in place",
    nextSteps: ({ drift }) =>
      drift.some(({ scope }) => scope !== "running")
        ? ['nothing now; "torcx plan" shows what the next boot would do']
        : ["nothing"],
  },
  degraded: {
    exit: EXIT.degraded,
    style: "yellow",
    summary: () => "degraded: sealed, but not all of it is as it was applied",
    nextSteps: (status) => [
      ...listObstacles(status),
      `${quote(RETRY)} takes back what is there and applies anew`,
    ],
  },
  unmounted: {
    exit: EXIT.failed,
    style: "red",
    summary: () => "failed: sealed, but the images are not mounted any more",
    nextSteps: (status) => [...listObstacles(status), `${quote(RETRY)} applies anew`],
  },
  failed: {
    exit: EXIT.failed,
    style: "red",
    summary: ({ is_undone }) =>
      `failed: the apply of this boot failed, ${is_undone ? "nothing" : "and something"} of it is left`,
    nextSteps: () => [`mend the cause, then ${quote(RETRY)}`],
  },
  at_work: {
    exit: EXIT.atWork,
    style: "yellow",
    summary: () => "at work: torcx is applying just now",
    nextSteps: () => ['wait for it to end, then look again: "torcx status"'],
  },
  killed: {
    exit: EXIT.failed,
    style: "red",
    summary: () => "killed: an apply was cut off before its end",
    nextSteps: () => [`${quote(RETRY)} takes back what it left and applies anew`],
  },
  unfinished: {
    exit: EXIT.failed,
    style: "red",
    summary: () => "unfinished: an apply is at work, or was killed",
    nextSteps: () => [`wait for it to end; if none runs, ${quote(RETRY)}`],
  },
  foreign: {
    exit: EXIT.failed,
    style: "red",
    summary: () => "failed: the run directory is not torcx's, nothing can be applied",
    nextSteps: () => [
      'look where "run_dir" points: "torcx config show"; move what is there away, then "torcx apply"',
    ],
  },
  switched_off: {
    exit: EXIT.notApplied,
    style: "yellow",
    summary: () => "switched off: nothing was applied in this boot",
    nextSteps: () => ['take it off the boot loader\'s command line, or apply now: "torcx apply"'],
  },
  not_applied: {
    exit: EXIT.notApplied,
    style: "yellow",
    summary: () => "not applied: torcx has not run in this boot",
    nextSteps: () => ['"torcx plan" shows what the next boot would do, "torcx apply" does it now'],
  },
};

/** Returns the exit status of a state. */
export function getStatusExit({ state }: Status): number {
  return STATES[state].exit;
}

/** Returns how a state stands out. */
export function getStatusStyle({ state }: Status): Style {
  return STATES[state].style;
}

/** Returns what is said of a status. */
export function describeStatus(status: Status, root: string): StatusWords {
  const { summary, nextSteps } = STATES[status.state];
  return {
    summary: summary(status),
    reasons: listReasons(status),
    next_steps: nextSteps(status),
    log_command: formatLogCommand(root),
  };
}

/** Messages alone, unpaged: journalctl's own form cuts them at the terminal's width. */
function formatLogCommand(root: string): string {
  const word = /^[\w@%+=:,./-]+$/.test(root) ? root : `'${root.replaceAll("'", "'\\''")}'`;
  const place = /^\/+$/.test(root) ? "" : ` --root=${word}`;
  return `journalctl${place} -b -o cat --no-pager -t torcx-generator -t torcx`;
}

function listReasons(status: Status): string[] {
  const { state, report } = status;
  switch (state) {
    case "sealed":
      return [describeProfiles(status)];
    case "degraded":
      return status.drift.filter((item) => item.is_degrading).map(({ message }) => message);
    case "unmounted":
      return [
        `nothing is mounted on ${quote(status.unpack_dir ?? "")}: a soft reboot or somebody unmounted it`,
      ];
    case "failed":
      return report?.errors ?? [];
    case "at_work":
      return [
        status.pid === null
          ? "the lock of the run directory is held"
          : `process ${status.pid} holds the lock${status.since === null ? "" : ` since ${status.since}`}`,
      ];
    case "killed":
      return ["nobody holds the lock, and there is neither a seal nor the report of a failure"];
    case "unfinished":
      return ["the kernel's list of locks, /proc/locks, cannot be had: it cannot be told which"];
    case "foreign":
      return [describeForeignRun(status)];
    case "switched_off":
      return [`${status.switched_off_by} switches it off`];
    case "not_applied":
      return listInstallation(status);
    default:
      return state satisfies never;
  }
}

function describeForeignRun({ foreign }: Status): string {
  const names = (foreign?.names ?? []).map(quote);
  const shown = names.length > 8 ? [...names.slice(0, 8), `and ${names.length - 8} more`] : names;
  return `${foreign?.reason}${shown.length === 0 ? "" : `: ${shown.join(", ")}`}`;
}

function describeProfiles({ lower_profiles, upper_profile, images, switched_off_by }: Status): string {
  const names = [...lower_profiles, ...(upper_profile === null ? [] : [upper_profile])].map(quote);
  const count = `${images.length} image${images.length === 1 ? "" : "s"}`;
  const profiles = names.length === 0
    ? "no profile"
    : `profile${names.length === 1 ? "" : "s"} ${names.join(", ")}`;
  const byHand = switched_off_by === null
    ? ""
    : `; by hand, as ${switched_off_by} switches the boot's apply off`;
  return `applied ${profiles}: ${count}${byHand}`;
}

function listInstallation({ generator_path, target_path, service_path, has_stale_seal }: Status): string[] {
  const tell = (title: string, path: string | null, consequence: string): string =>
    path === null ? `${title} is not installed: ${consequence}` : `${title} is installed as ${quote(path)}`;
  return [
    tell("the generator", generator_path, "no boot calls torcx"),
    tell("torcx.target", target_path, "no unit can wait for the addons"),
    ...(service_path === null
      ? []
      : [`the generator handed the work to ${quote(service_path)}, which has not run`]),
    ...(has_stale_seal ? ["there is a seal, but no run that made it: it is older"] : []),
  ];
}
