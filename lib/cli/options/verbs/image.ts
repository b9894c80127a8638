/** Owns the rows of the verbs on images and their archives. It refuses behaviour: data only. */

import type { VerbSpec } from "../spec.ts";
import { DRY_RUN, OS_RELEASE, YES } from "./shared_flags.ts";

/** These verbs, in the order of the help. */
export const IMAGE_VERBS = [
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
      "Names ending in gz must be gzip, .tar tar, .squashfs squashfs (as root only); of others the first bytes tell.",
      "The directory must not exist or be empty; after a failure it is gone or empty again. Other users than root get files of their own.",
    ],
    positionals: [
      { key: "archive", metavar: "ARCHIVE", type: "file", help: "The archive" },
      { key: "directory", metavar: "DIR", type: "directory", help: "Where to unpack it" },
    ],
    flags: [],
    keeps: { programs: ["modprobe"] },
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
] as const satisfies readonly VerbSpec[];
