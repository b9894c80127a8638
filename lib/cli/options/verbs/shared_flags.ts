/** Owns the flags that several verbs have. It refuses behaviour: data only. */

/** Which OS version's stores are looked into. */
export const OS_RELEASE = {
  key: "osRelease",
  long: "os-release",
  short: "n",
  type: "version",
  help: "Look into the stores of this OS version; without it, of the running one",
} as const;

/** A profile by its name. */
export const PROFILE_NAME = {
  key: "name",
  long: "name",
  type: "profile",
  help: "The profile by its name",
} as const;

/** A profile by its file. */
export const PROFILE_FILE = {
  key: "file",
  long: "file",
  type: "file",
  help: "The profile by the path of its file",
} as const;

/** One of the two ways to name a profile must be given. */
export const ONE_PROFILE = { keys: ["name", "file"], isRequired: true } as const;

/** For verbs that change something. */
export const DRY_RUN = {
  key: "isDryRun",
  long: "dry-run",
  help: "Only show what would be done",
} as const;

/** For verbs that ask. */
export const YES = {
  key: "isYes",
  long: "yes",
  help: "Do not ask on a terminal",
} as const;

/** For verbs that ask servers. */
export const CA = {
  key: "ca",
  long: "ca",
  type: "file",
  help: "Trust the certificates of this PEM file, too",
} as const;
