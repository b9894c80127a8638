/**
 * Owns the one table of settings: name, type, default, the places that can set it, what its text must be, what is
 * said of it. Settings, `config show`, manual, README and the schemas are made from it or held to it. Data only.
 */

/** What the text of a setting must match as a whole. */
export interface TextCheck {
  /** A regular expression without anchors. */
  readonly pattern: string;
  /** What is wrong with a text that does not match, and what to give. */
  readonly reason: string;
  readonly hint: string;
}

/** One setting. */
export interface SettingRow {
  /** Its field in the settings. */
  readonly key: string;
  /** Directories are absolute paths inside the root; a switch is true where nothing switches it off. */
  readonly type: "directory" | "directories" | "text" | "switch";
  /** The path of a directory that nobody sets. Of another type there is none then, or an empty list. */
  readonly fallback?: string;
  /** What stands for the value that nobody sets, in words. Default "none". */
  readonly fallbackText?: string;
  /** The config file can set it, under its name. */
  readonly isInConfigFile?: true;
  /** The environment variable that sets it and wins over the config file; its lists are separated by colons. */
  readonly variable?: string;
  /** The kernel command line sets it for one boot: how that is written, and what it does. */
  readonly parameter?: { readonly term: string; readonly help: string };
  readonly check?: TextCheck;
  /** A value that cannot be used is a warning, and the default counts, as in the first torcx. */
  readonly isLenient?: true;
  readonly help: string;
}

/**
 * The table, by the name that people see. Other sources than the places of its row has `version_id` alone.
 * The forms of `unpack_size` and `unpack_inodes` are what tmpfs(5) takes: 0 would mean no limit at all, more digits
 * are beyond what the kernel takes (ULONG_MAX / 1024).
 */
export const SETTING_TABLE = {
  config_file: {
    key: "configPath",
    type: "directory",
    fallback: "/etc/torcx/config.json",
    parameter: {
      term: "torcx_config=PATH",
      help: "Reads this config file, not /etc/torcx/config.json; it must be there",
    },
    help: "The config file",
  },
  base_dir: {
    key: "baseDir",
    type: "directory",
    fallback: "/var/lib/torcx",
    isInConfigFile: true,
    variable: "TORCX_BASEDIR",
    help: "The base directory, which holds the user's store",
  },
  run_dir: {
    key: "runDir",
    type: "directory",
    fallback: "/run/torcx",
    isInConfigFile: true,
    variable: "TORCX_RUNDIR",
    help: "The run directory, which holds what torcx makes in a boot, and nothing else",
  },
  conf_dir: {
    key: "confDir",
    type: "directory",
    fallback: "/etc/torcx",
    isInConfigFile: true,
    variable: "TORCX_CONFDIR",
    help: "The configuration directory, which holds the user's profiles and the selector",
  },
  usr_mountpoint: {
    key: "usrDir",
    type: "directory",
    fallback: "/usr",
    variable: "TORCX_USR_MOUNTPOINT",
    isLenient: true,
    help: "Where the OS image's /usr is",
  },
  store_paths: {
    key: "storePaths",
    type: "directories",
    isInConfigFile: true,
    help: "Further stores, looked into before the user's",
  },
  extra_store_paths: {
    key: "extraStorePaths",
    type: "directories",
    variable: "TORCX_STOREPATH",
    help: "Further stores, looked into last",
  },
  unpack_size: {
    key: "unpackSize",
    type: "text",
    fallbackText: "half of the memory",
    isInConfigFile: true,
    check: {
      pattern: "0*[1-9][0-9]*[kKmMgG%]?",
      reason: "it is not a size of a tmpfs",
      hint: "Give digits with k, m, g or % after them, more than 0, e.g. 512m or 25%",
    },
    help: "The size of the tmpfs that images are unpacked into: bytes, with k, m or g, or % of the memory",
  },
  unpack_inodes: {
    key: "unpackInodes",
    type: "text",
    fallbackText: "the kernel's own",
    isInConfigFile: true,
    check: {
      pattern: "0*[1-9][0-9]{0,5}([0-9]{0,9}|[0-9]{0,6}[kK]|[0-9]{0,3}[mM]|[gG])",
      reason: "it is not a number of files of a tmpfs",
      hint: "Give digits with k, m or g after them, more than 0, e.g. 500k",
    },
    help: "How many files, directories and symlinks that tmpfs can hold: a number, with k, m or g",
  },
  version_id: {
    key: "versionId",
    type: "text",
    fallbackText: "VERSION_ID of os-release",
    help: "The version of the running OS, by which versioned stores are named",
  },
  boot: {
    key: "isBootEnabled",
    type: "switch",
    parameter: { term: "torcx=0", help: "Applies nothing in this boot" },
    help: "Whether a boot applies profiles",
  },
  boot_profile: {
    key: "bootProfileText",
    type: "text",
    parameter: {
      term: "torcx_profile=NAME",
      help: "Takes this profile in this boot, not the selected one",
    },
    help: "The profile of this boot in place of the selected one",
  },
} as const satisfies Record<string, SettingRow>;

/** The name of a setting, spelled as in the config file where it can stand there. */
export type SettingName = keyof typeof SETTING_TABLE;

/** The names, in the order in which they are shown. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTING_TABLE) as SettingName[];

/** The keys of the config file, in that order. */
export const CONFIG_FILE_KEYS: Readonly<Record<string, "text" | "list">> = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, getSettingRow(name)] as const)
    .filter(([, row]) => row.isInConfigFile === true)
    .map(([name, { type }]) => [name, type === "directories" ? "list" : "text"]),
);

/** The type of a setting's value. */
type ValueOf<R extends SettingRow> = R extends { readonly type: "directory" } ? string
  : R extends { readonly type: "directories" } ? string[]
  : R extends { readonly type: "switch" } ? boolean
  : string | undefined;

/** The value of each setting; what is undefined nobody has set. */
export type SettingValues = {
  [N in SettingName as (typeof SETTING_TABLE)[N]["key"]]: ValueOf<(typeof SETTING_TABLE)[N]>;
};

/** A value of a setting. */
export type SettingValue = SettingValues[keyof SettingValues];

/** Returns a row without the narrow types of its literals. */
export function getSettingRow(name: SettingName): SettingRow {
  return SETTING_TABLE[name];
}

/** Returns the value of a setting that nobody sets. */
export function getDefault({ type, fallback }: SettingRow): SettingValue {
  switch (type) {
    case "directory":
    case "text":
      return fallback;
    case "directories":
      return [];
    case "switch":
      return true;
    default:
      return type satisfies never;
  }
}

/** Returns what stands for the value that nobody sets, in words. */
export function describeDefault({ type, fallback, fallbackText }: SettingRow): string {
  return fallback ?? fallbackText ?? (type === "switch" ? "true" : "none");
}
