/**
 * Owns the one table of verbs, flags and positionals. Parsing, help, completions and manual pages
 * are made from it, so that they cannot disagree. It refuses behaviour: data only.
 */

import { SETTING_NAMES } from "../../config/setting_table.ts";
import type { FlagSpec, VerbSpec } from "./spec.ts";

export type { ChoiceSpec, ExampleSpec, FlagSpec, PositionalSpec, VerbSpec } from "./spec.ts";

/** The flags of every verb. */
export const GLOBAL_FLAGS = [
  {
    key: "root",
    long: "root",
    type: "directory",
    fallback: "/",
    help: "Work on the system below DIR; every other path is then inside it",
  },
  {
    key: "output",
    long: "output",
    type: "output",
    fallback: "auto",
    help: "Write results as json or text (table is the same); without it, text on a terminal, JSON elsewhere",
  },
  {
    key: "verbose",
    long: "verbose",
    short: "v",
    type: "level",
    implied: "info",
    fallback: "warning",
    help: "Log down to LEVEL on standard error: panic, fatal, error, warning, info or debug",
  },
] as const satisfies readonly FlagSpec[];

/** Flags that become a command of their own. */
export const COMMAND_FLAGS = [
  { long: "help", short: "h", help: "Show help and exit" },
  { long: "version", help: "Show the version and exit; only before a verb" },
] as const;

/** What the first word of two-word verbs stands for. */
export const GROUPS: ReadonlyMap<string, string> = new Map([
  ["profile", "Work with profiles: the lists of images that a boot applies"],
  ["image", "Work with images and the archives that hold them"],
  ["config", "Work with settings"],
]);

/** Verbs of the contract that this version does not have, and what to do instead. */
export const UNAVAILABLE_VERBS: ReadonlyMap<string, string> = new Map([
  [
    "profile populate",
    'Copy the archives into a store by hand; "torcx profile check" names those that are missing',
  ],
]);

const OS_RELEASE = {
  key: "osRelease",
  long: "os-release",
  short: "n",
  type: "version",
  help: "Look into the stores of this OS version; without it, of the running one",
} as const;

const PROFILE_NAME = {
  key: "name",
  long: "name",
  type: "profile",
  help: "The profile by its name",
} as const;

const PROFILE_FILE = {
  key: "file",
  long: "file",
  type: "file",
  help: "The profile by the path of its file",
} as const;

const ONE_PROFILE = { keys: ["name", "file"], isRequired: true } as const;
const DRY_RUN = {
  key: "isDryRun",
  long: "dry-run",
  help: "Only show what would be done",
} as const;

const YES = {
  key: "isYes",
  long: "yes",
  help: "Do not ask on a terminal",
} as const;

/** Every verb, in the order of the help. */
export const VERBS = [
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
      DRY_RUN,
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
      "The first line is the state: sealed, degraded (sealed, but a tree, link or copied file is gone, changed or writable, a step after the seal failed, or the selected profile was not there), unmounted (sealed, but the images are not mounted any more), failed, at work, killed, unfinished (at work or killed: the locks cannot be read), foreign (the run directory is not torcx's), switched off, or not applied.",
      "Then why, what to type next, and the command that shows the log; then profiles, images and the last run; then what is different from what was applied, in the archives, and at the next boot.",
      "JSON of kind torcx-status-v0 has all of it; is_degrading tells which differences make a sealed system a degraded one.",
      "Settings that cannot be used are shown and hide nothing.",
    ],
    positionals: [],
    flags: [],
    exits: {
      done: "sealed",
      failed: "failed, unmounted, killed, unfinished or foreign",
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
    examples: [
      { line: "torcx why dockerd", help: "which image brought this program" },
      { line: "torcx why docker.service", help: "which image brought this unit" },
    ],
  },
  {
    command: "profile list",
    summary: "Lists the profiles, the running and the next one",
    details: ["JSON of kind torcx-profile-list-v0, or a table."],
    positionals: [],
    flags: [],
    examples: [{ line: "torcx profile list --output json", help: "for scripts" }],
  },
  {
    command: "profile show",
    summary: "Shows a profile's images and the archives that they would get",
    details: [],
    positionals: [{ key: "name", metavar: "NAME", type: "profile", help: "The profile" }],
    flags: [],
    examples: [{ line: "torcx profile show vendor", help: "what the OS vendor ships" }],
  },
  {
    command: "profile new",
    summary: "Makes a profile, empty or as a copy of another one",
    details: ["With --name it lands in the user profiles directory, and no profile of that name may exist."],
    positionals: [],
    flags: [
      { key: "from", long: "from", type: "profile", help: "Copy this profile" },
      { key: "isFromNext", long: "from-next", help: "Copy the next profile" },
      { ...PROFILE_NAME, help: "The new profile's name" },
      { ...PROFILE_FILE, metavar: "PATH.json", help: "The new profile's file" },
    ],
    choices: [ONE_PROFILE, { keys: ["from", "isFromNext"], isRequired: false }],
    examples: [
      { line: "torcx profile new --name edge", help: "a new, empty profile" },
      { line: "torcx profile new --from-next --name edge", help: "a copy to edit" },
    ],
  },
  {
    command: "profile set-next",
    summary: "Selects the profile of the next boot",
    details: ["The profile must exist."],
    positionals: [{ key: "name", metavar: "NAME", type: "profile", help: "The profile" }],
    flags: [],
    examples: [{ line: "torcx profile set-next edge", help: "use profile edge from the next boot on" }],
  },
  {
    command: "profile use-image",
    summary: "Adds an image to a user profile, or replaces its reference",
    details: [
      "An empty reference (IMAGE:) drops the image that a lower profile brings; it needs no archive.",
      "The file keeps its mode, owner, ACL and other attributes; where one cannot be kept, nothing changes.",
    ],
    positionals: [
      {
        key: "image",
        metavar: "IMAGE:REFERENCE",
        type: "imageArgument",
        help: "The image and its reference",
      },
    ],
    flags: [
      PROFILE_NAME,
      PROFILE_FILE,
      { key: "allow", long: "allow", type: "allow", help: "missing: the image need not be in a store yet" },
    ],
    choices: [ONE_PROFILE],
    examples: [
      {
        line: "torcx profile use-image --name edge docker:17.06",
        help: "run docker 17.06 with profile edge",
      },
      {
        line: "torcx profile use-image --name edge --allow=missing etcd:3",
        help: "before its archive is there",
      },
    ],
  },
  {
    command: "profile remove-image",
    summary: "Removes an image from a user profile",
    details: [],
    positionals: [{ key: "image", metavar: "IMAGE", type: "image", help: "The image's name" }],
    flags: [PROFILE_NAME, PROFILE_FILE],
    choices: [ONE_PROFILE],
    examples: [{
      line: "torcx profile remove-image --name edge docker",
      help: "no docker from profile edge",
    }],
  },
  {
    command: "profile diff",
    summary: "Shows in which images two profiles differ",
    details: [],
    positionals: [
      { key: "before", metavar: "A", type: "profile", help: "The profile to start from" },
      { key: "after", metavar: "B", type: "profile", help: "The profile to compare with it" },
    ],
    flags: [],
    examples: [{ line: "torcx profile diff vendor edge", help: "what edge changes" }],
  },
  {
    command: "profile check",
    summary: "Checks that every image of a profile is in a store",
    details: ["Names each image that is missing. An empty profile passes with a warning."],
    positionals: [],
    flags: [
      { ...PROFILE_NAME, help: "The profile; without --name and --file, the next one" },
      PROFILE_FILE,
      OS_RELEASE,
      {
        key: "isRemoteOnly",
        long: "remote-only",
        variable: "TORCX_CHECK_REMOTE_ONLY",
        help: "Skip images without a remote",
      },
      { key: "isDeep", long: "deep", help: "Read the archives to their end, their manifests and assets too" },
    ],
    choices: [{ keys: ["name", "file"], isRequired: false }],
    exits: { failed: "an image is missing or broken" },
    examples: [
      { line: "torcx profile check", help: "check the next profile" },
      { line: "torcx profile check --name edge --os-release 3033.2.0", help: "for another OS version" },
    ],
  },
  {
    command: "image list",
    summary: "Lists the images in the stores",
    details: ["JSON of kind torcx-image-list-v0, or a table with shadowed archives."],
    positionals: [
      { key: "name", metavar: "NAME", type: "image", isOptional: true, help: "Only images of this name" },
    ],
    flags: [OS_RELEASE],
    examples: [
      { line: "torcx image list", help: "all images" },
      { line: "torcx image list docker --os-release 3033.2.0", help: "one image, for another OS version" },
    ],
  },
  {
    command: "image extract",
    summary: "Unpacks an archive into a directory, as the boot would",
    details: [
      "Names ending in gz must be gzip, .squashfs squashfs (as root only), all else is plain tar.",
      "The directory must not exist or be empty; after a failure it is gone or empty again. Other users than root get files of their own.",
    ],
    positionals: [
      { key: "archive", metavar: "ARCHIVE", type: "file", help: "The archive" },
      { key: "directory", metavar: "DIR", type: "directory", help: "Where to unpack it" },
    ],
    flags: [],
    examples: [{ line: "torcx image extract docker:17.06.torcx.tgz tree", help: "look into an archive" }],
  },
  {
    command: "image prune",
    summary: "Removes archives of the user store that no profile needs",
    details: [
      "Archives that a profile of the current, next or previous OS version needs are kept, and all that a symlink to one leads through.",
      "On a terminal the list is shown and asked for; elsewhere nobody is asked.",
    ],
    positionals: [],
    flags: [
      DRY_RUN,
      YES,
      {
        key: "isForced",
        long: "force",
        help: "Let the running version's directory go too, if nothing is left in it",
      },
    ],
    exits: { failed: "it was not confirmed, and nothing is removed" },
    examples: [
      { line: "torcx image prune --dry-run", help: "see what would go" },
      { line: "torcx image prune --yes", help: "remove it without a question" },
    ],
  },
  {
    command: "image clear-versioned",
    summary: "Removes the versioned directories of the user store but those kept",
    details: [
      "With NAME, only that image's archives in them. Of a symlink to a directory the symlink alone goes.",
      "A list of versions without the running one is refused as a whole, unless --force is given.",
      "On a terminal the list is shown and asked for; elsewhere nobody is asked.",
    ],
    positionals: [
      { key: "name", metavar: "NAME", type: "image", isOptional: true, help: "Only archives of this image" },
    ],
    flags: [
      {
        key: "keepVersions",
        long: "keep-version",
        short: "k",
        type: "version",
        isRepeated: true,
        isRequired: true,
        help: "Keep the store of this OS version; may be given several times",
      },
      DRY_RUN,
      YES,
      { key: "isForced", long: "force", help: "Let the running version's store go too" },
    ],
    exits: { failed: "the running version is not kept, or it was not confirmed: nothing is removed" },
    examples: [
      { line: "torcx image clear-versioned -k 3033.1.0 -k 3033.2.0", help: "keep two OS versions' archives" },
    ],
  },
  {
    command: "config show",
    summary: "Shows every setting, its value and its source",
    details: [
      "Each store is shown with where it comes from and whether it is there. Settings that cannot be used are shown too, with what is wrong with them; every other verb but status refuses them.",
      `The settings are ${SETTING_NAMES.join(", ")}. torcx(8) says what each is and what sets it.`,
    ],
    positionals: [],
    flags: [],
    exits: { failed: "the settings cannot be used" },
    examples: [{ line: "TORCX_BASEDIR=/data torcx config show", help: "see what a variable changes" }],
  },
  {
    command: "completion",
    summary: "Prints the completions of a shell",
    details: [],
    positionals: [{ key: "shell", metavar: "SHELL", type: "shell", help: "bash, zsh or fish" }],
    flags: [],
    examples: [
      { line: "torcx completion bash > /usr/share/bash-completion/completions/torcx", help: "install them" },
      { line: "source <(torcx completion bash)", help: "try them" },
    ],
  },
  {
    command: "help",
    summary: "Shows help of torcx or of a verb",
    details: [],
    positionals: [
      { key: "topic", metavar: "VERB", type: "verb", isOptional: true, isRest: true, help: "The verb" },
    ],
    flags: [],
    examples: [{ line: "torcx help profile new", help: "the same as torcx profile new --help" }],
  },
  {
    command: "version",
    summary: "Shows the version of torcx and of what it is built with",
    details: ["Text also in a pipe; JSON only with --output json."],
    positionals: [],
    flags: [],
    examples: [{ line: "torcx --version", help: "the same" }],
  },
  {
    command: "man",
    summary: "Prints a manual page",
    details: [],
    positionals: [{ key: "page", metavar: "PAGE", type: "page", help: "torcx or torcx-generator" }],
    flags: [],
    examples: [{ line: "torcx man torcx > torcx.8", help: "write it to a file" }],
    isHidden: true,
  },
  {
    command: "__complete",
    summary: "Lists names for the completions of shells",
    details: [],
    positionals: [{
      key: "list",
      metavar: "LIST",
      type: "list",
      help: "profiles, images, archives or origins",
    }],
    flags: [],
    examples: [{ line: "torcx __complete profiles", help: "one name a line" }],
    isHidden: true,
  },
] as const satisfies readonly VerbSpec[];
