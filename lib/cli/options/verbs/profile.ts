/** Owns the rows of the verbs on profiles. It refuses behaviour: data only. */

import type { VerbSpec } from "../spec.ts";
import { CA, DRY_RUN, ONE_PROFILE, OS_RELEASE, PROFILE_FILE, PROFILE_NAME } from "./shared_flags.ts";

/** These verbs, in the order of the help. */
export const PROFILE_VERBS = [
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
        // As the first torcx had it, in Go: a text of its own, by strconv.ParseBool.
        hasNextWord: true,
        isLenient: true,
        variable: "TORCX_CHECK_REMOTE_ONLY",
        help: "Skip images without a remote; true or false may follow",
      },
      { key: "isDeep", long: "deep", help: "Read the archives to their end, their manifests and assets too" },
      { key: "isStrict", long: "strict", help: "Fail also if there is a warning" },
    ],
    choices: [{ keys: ["name", "file"], isRequired: false }],
    exits: { failed: "an image is missing or broken" },
    keeps: { programs: ["modprobe"] },
    examples: [
      { line: "torcx profile check", help: "check the next profile" },
      { line: "torcx profile check --name edge --os-release 3033.2.0", help: "for another OS version" },
    ],
  },
  {
    command: "profile populate",
    summary: "Fetches the missing images of a profile from their remotes",
    details: [
      "JSON of kind torcx-populate-v0, or a table. The contents of a remote must be signed by one of its keys and be no older than those accepted before; an archive must have the digest that they name.",
      "What was good stays when another image fails; what was cut off is gone on with by the next run. Archives land in BASE/store/VER with -n, else in BASE/store.",
      "Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
    ],
    positionals: [],
    flags: [
      { ...PROFILE_NAME, help: "The profile; without --name and --file, the next one" },
      PROFILE_FILE,
      { ...OS_RELEASE, help: "Fetch into the store of this OS version" },
      DRY_RUN,
      { key: "isVerify", long: "verify", help: "Compare the archives that are there with the remote, too" },
      {
        key: "format",
        long: "format",
        type: "format",
        help: "Fetch this format, not the first one that is offered",
      },
      { key: "maxSize", long: "max-size", type: "size", help: "Refuse larger archives. Default: 4G" },
      {
        key: "timeout",
        long: "timeout",
        type: "seconds",
        help: "Give up an archive after so long. Default: 600",
      },
      CA,
      { key: "isOlderAllowed", long: "allow-older", help: "Accept contents older than those of before" },
      { key: "isInsecure", long: "insecure", help: "Accept contents that nobody known has signed" },
      { key: "isWaitRefused", long: "no-wait", help: "Fail if another torcx fetches into the same store" },
    ],
    choices: [{ keys: ["name", "file"], isRequired: false }],
    exits: { failed: "an image could not be had; standard error names each" },
    keeps: { isNetKept: true },
    examples: [
      { line: "torcx profile populate", help: "fetch what the next profile lacks" },
      { line: "torcx profile populate -n 3033.2.0", help: "before an update to that OS version" },
    ],
  },
] as const satisfies readonly VerbSpec[];
