/** Owns the rows of the verbs on the system and its boot: apply, status, plan, why. It refuses behaviour: data only. */

import type { VerbSpec } from "../spec.ts";
import { DRY_RUN, OS_RELEASE } from "./shared_flags.ts";

/** These verbs, in the order of the help. */
export const SYSTEM_VERBS = [
  {
    command: "apply",
    summary: "Applies the profiles now and seals the system",
    details: [
      "Unpacks the images of the vendor, OEM and selected profile, propagates their assets and seals the system.",
      "At most once per boot: where it has been done or has failed in this boot, nothing is touched.",
      'All or nothing: a failure undoes what was done and is kept in the report that "torcx status" shows.',
      "With --retry a running systemd is told what came: units are loaded, torcx.service, torcx.target, default.target and active targets that got units are started, and it is said which units are up and which failed.",
    ],
    positionals: [],
    flags: [
      { key: "profile", long: "profile", type: "profile", help: "Take this profile, not the selected one" },
      { ...DRY_RUN, help: "Only show each step: the archives are read for it, nothing is touched" },
      {
        key: "isRetry",
        long: "retry",
        help:
          "Start anew where an earlier run of this boot failed, was killed or is degraded; on a running systemd also load and start the units",
      },
      {
        key: "isBoot",
        long: "boot",
        help: "Do as torcx.service does: obey torcx=0, and tell systemd what came after the seal",
      },
      {
        key: "isForced",
        long: "force",
        help:
          "Apply also in a mount namespace whose images the system does not see, though its /run is the system's",
      },
    ],
    exits: { degraded: true },
    keeps: { programs: "all" },
    examples: [
      { line: "torcx apply --dry-run", help: "show each step without doing it" },
      {
        line: "torcx apply --root /mnt/image --profile edge",
        help: "apply to an OS image that is being built",
      },
      { line: "torcx apply --retry", help: "try again after a failure, and start what came" },
    ],
  },
  {
    command: "status",
    summary: "Shows in which state this boot's torcx is, why, and what to do next",
    details: [
      "The first line is the state: sealed, degraded (sealed, but a tree, link or copied file is gone, changed or writable, a step after the seal failed, or the selected profile was not there), failed (also: sealed, but the images are not mounted any more; or the run directory is not torcx's), at work, killed, unfinished (at work or killed: the locks cannot be read), switched off, or not applied.",
      "Then why, what to type next, and the command that shows the log; then profiles, images and the last run; then what is different from what was applied, in the archives, and at the next boot.",
      "JSON of kind torcx-status-v0 has all of it; its state tells failed, unmounted and foreign apart; is_degrading tells which differences make a sealed system a degraded one.",
      "Settings that cannot be used are shown and hide nothing.",
    ],
    positionals: [],
    flags: [],
    exits: {
      done: "sealed",
      failed: "failed, killed or unfinished",
      notApplied: true,
      degraded: true,
      atWork: true,
    },
    examples: [
      { line: "torcx status", help: "see what runs" },
      { line: "torcx status --output json", help: "for scripts; the exit status tells the state, too" },
    ],
  },
  {
    command: "plan",
    summary: "Shows what the next boot would do, and whether it would succeed",
    details: [
      "Shows the merged profiles, the archive of each image and why it wins, every asset and its target, conflicts, memory and what is missing.",
      "The kernel command line of the next boot is not known: where this boot's has torcx=0, the next boot does nothing as long as the boot loader keeps it.",
    ],
    positionals: [],
    flags: [
      {
        key: "profile",
        long: "profile",
        type: "profile",
        help: "Plan with this profile, not the selected one",
      },
      { ...OS_RELEASE, help: "Plan for this OS version, not for the running one" },
      { key: "isStrict", long: "strict", help: "Fail also if there is a warning or a conflict" },
    ],
    exits: {
      done: "the boot would succeed",
      failed: "it would fail, or go on without the selected profile",
    },
    keeps: { programs: ["modprobe"] },
    examples: [
      { line: "torcx plan", help: "check before a reboot" },
      { line: "torcx plan --strict -n 3033.2.0", help: "let an updater gate on a new OS version" },
    ],
  },
  {
    command: "why",
    summary: "Shows where an image, program or unit comes from",
    details: [
      "Looks into the seal, the run profile, the report and the links of the bin directory. Where the system is not sealed it looks into the report of the run that failed, then plans the next boot, and says so.",
      "A file of the system that takes effect instead, such as a unit in /etc/systemd/system, is named.",
      "Bytes of a name that are no UTF-8 are given as torcx status shows them: 'b\\xff'.",
    ],
    positionals: [
      {
        key: "name",
        metavar: "NAME",
        type: "origin",
        help: "An image, a program or a unit, by its name or path",
      },
    ],
    flags: [],
    exits: { failed: "nothing of that name comes from torcx" },
    keeps: { programs: ["modprobe"] },
    examples: [
      { line: "torcx why dockerd", help: "which image brought this program" },
      { line: "torcx why docker.service", help: "which image brought this unit" },
    ],
  },
] as const satisfies readonly VerbSpec[];
