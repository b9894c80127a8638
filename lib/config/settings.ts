/**
 * Owns the settings: defaults ← config file ← environment, each value with its source, validated.
 * It refuses to write, and to know `/`: every path is inside the `Root` that is handed in.
 */

import { quote, TorcxError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { type ProfileName, toProfileName } from "../manifest/names.ts";
import type { Root } from "../sys/root.ts";
import { type KernelParameters, parseKernelBoolean, parseKernelCommandLine } from "./kernel_command_line.ts";
import { CONFIG_PATH, derivePaths, findPathFault, join, normalizePath, type Paths } from "./paths.ts";
import { findSettingsFault } from "./safety.ts";
import { pickVersionId, readConfigFile, readOsRelease, type Warn } from "./settings_files.ts";
import { DEFAULT_SOURCE, ENVIRONMENT_SOURCE, formatConfigSource } from "./sources.ts";

export type { Paths } from "./paths.ts";

/** The settings, spelled as in the config file where they can stand there. */
export const SETTING_NAMES = [
  "config_file",
  "base_dir",
  "run_dir",
  "conf_dir",
  "usr_mountpoint",
  "store_paths",
  "extra_store_paths",
  "unpack_size",
  "unpack_inodes",
  "version_id",
  "boot",
  "boot_profile",
] as const;
/** One of {@linkcode SETTING_NAMES}. */
export type SettingName = (typeof SETTING_NAMES)[number];

/** What the kernel command line says of this boot. */
export interface BootSettings {
  /** False with `torcx=0`. */
  isEnabled: boolean;
  /** `torcx_profile=NAME`, if it is a legal name. */
  profile: ProfileName | undefined;
  /** The text of `torcx_profile=`, legal or not; it overrides the selector even if it is empty. */
  profileText: string | undefined;
}

/** The settings. Paths are absolute, inside the root, without a final slash. */
export interface Settings {
  baseDir: string;
  runDir: string;
  confDir: string;
  usrDir: string;
  /** `store_paths` of the config file. */
  storePaths: string[];
  /** `TORCX_STOREPATH`. */
  extraStorePaths: string[];
  /** The tmpfs's `size=`; undefined: the kernel's default. */
  unpackSize: string | undefined;
  /** The tmpfs's `nr_inodes=`; undefined: the kernel's default. */
  unpackInodes: string | undefined;
  osRelease: ReadonlyMap<string, string>;
  /** VERSION_ID of os-release, if it can name a directory. */
  versionId: string | undefined;
  /** Where each value comes from. */
  sources: ReadonlyMap<SettingName, string>;
  /** The config file that was looked for. */
  configPath: string;
  boot: BootSettings;
  paths: Paths;
  /** What was passed over: it belongs into the report of whoever works with the rest. */
  warnings: readonly string[];
}

/** What {@linkcode readSettings} reads from. */
export interface SettingsInput {
  root: Root;
  environment: Readonly<Record<string, string | undefined>>;
  /** The text of /proc/cmdline; empty where the root is not the running system's. */
  kernelCommandLine: string;
  log: Logger;
}

/** Digits with what tmpfs(5) allows after them; 0 would mean no limit at all. */
const UNPACK_SIZE = /^0*[1-9][0-9]*[kKmMgG%]?$/;
/** As a size, but no share of the memory; more digits are beyond what the kernel takes (ULONG_MAX / 1024). */
const UNPACK_INODES = /^0*[1-9][0-9]{0,5}([0-9]{0,9}|[0-9]{0,6}[kK]|[0-9]{0,3}[mM]|[gG])$/;

/** Settings, and what forbids to work with them. */
export interface ExaminedSettings {
  /** Where a value cannot be used or read, the default stands in its place. */
  settings: Settings;
  /** The first fault; undefined if there is none. `not_found`: the config file that was asked for is absent. */
  fault: TorcxError | undefined;
}

/**
 * Reads the settings.
 *
 * @throws {TorcxError} as the fault of {@linkcode examineSettings}.
 */
export function readSettings(input: SettingsInput): Settings {
  const { settings, fault } = examineSettings(input);
  if (fault !== undefined) throw fault;
  return settings;
}

/**
 * Reads the settings, for those who go on where they cannot be used. The fault is
 * `not_found` if the config file that the kernel command line names is absent, `failed` if the config
 * file or os-release is there but cannot be read, `invalid` if the config file has a wrong shape, a value
 * is not allowed, or the directories do not go together; the message names settings and sources.
 */
export function examineSettings(input: SettingsInput): ExaminedSettings {
  const { root, environment, kernelCommandLine } = input;
  const sources = new Map<SettingName, string>();
  const warnings: string[] = [];
  const warn: Warn = (message) => {
    warnings.push(message);
    input.log.warning(message);
  };
  let fault: TorcxError | undefined;
  const attempt = <T>(read: () => T, fallback: T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      fault ??= error;
      return fallback;
    }
  };
  // One that is no text throws when it is looked at (environment.ts).
  const getVariable = (name: string): string | undefined => attempt(() => environment[name], undefined);
  const parameters = parseKernelCommandLine(kernelCommandLine);
  const configPath = attempt(() => pickConfigPath(parameters, sources), CONFIG_PATH);
  const isAskedFor = sources.get("config_file") !== DEFAULT_SOURCE;
  const config = attempt(() => readConfigFile(root, configPath, isAskedFor, input.log, warn), {});
  const fileSource = formatConfigSource(configPath);

  const pickDirectory = (
    name: SettingName,
    fallback: string,
    fromFile: string | undefined,
    variable: string,
  ): string => {
    const fromEnvironment = getVariable(variable) || undefined;
    const value = fromEnvironment ?? fromFile ?? fallback;
    const source = fromEnvironment !== undefined
      ? `${ENVIRONMENT_SOURCE}${variable}`
      : fromFile !== undefined
      ? fileSource
      : DEFAULT_SOURCE;
    sources.set(name, DEFAULT_SOURCE);
    return attempt(() => {
      const directory = toDirectory(name, value, source);
      sources.set(name, source);
      return directory;
    }, fallback);
  };
  const directories = {
    baseDir: pickDirectory("base_dir", "/var/lib/torcx", config.baseDir, "TORCX_BASEDIR"),
    runDir: pickDirectory("run_dir", "/run/torcx", config.runDir, "TORCX_RUNDIR"),
    confDir: pickDirectory("conf_dir", "/etc/torcx", config.confDir, "TORCX_CONFDIR"),
    usrDir: pickUsrDir(getVariable("TORCX_USR_MOUNTPOINT"), sources, warn),
  };

  const pickStores = (name: SettingName, paths: readonly string[], source: string): string[] => {
    sources.set(name, paths.length === 0 ? DEFAULT_SOURCE : source);
    return attempt(() => paths.map((path) => toDirectory(name, path, source)), []);
  };
  const extra = (getVariable("TORCX_STOREPATH") ?? "").split(":").filter((path) => path !== "");
  const storePaths = pickStores("store_paths", config.storePaths ?? [], fileSource);
  const extraStorePaths = pickStores("extra_store_paths", extra, `${ENVIRONMENT_SOURCE}TORCX_STOREPATH`);

  sources.set("unpack_size", config.unpackSize === undefined ? DEFAULT_SOURCE : fileSource);
  const unpackSize = attempt(() => checkUnpackSize(config.unpackSize, fileSource), undefined);

  sources.set("unpack_inodes", config.unpackInodes === undefined ? DEFAULT_SOURCE : fileSource);
  const unpackInodes = attempt(() => checkUnpackInodes(config.unpackInodes, fileSource), undefined);

  const osReleasePath = join(directories.usrDir, "lib/os-release");
  const osRelease = attempt(() => readOsRelease(root, osReleasePath, warn), new Map<string, string>());
  sources.set("version_id", `file ${quote(osReleasePath)}`);
  const settings: Settings = {
    ...directories,
    storePaths,
    extraStorePaths,
    unpackSize,
    unpackInodes,
    osRelease,
    versionId: pickVersionId(osRelease, osReleasePath, warn),
    sources,
    configPath,
    boot: pickBoot(parameters, sources, warn),
    paths: derivePaths(directories),
    warnings,
  };
  return { settings, fault: fault ?? findSettingsFault(root, settings) };
}

function checkUnpackSize(size: string | undefined, source: string): string | undefined {
  if (size === undefined || UNPACK_SIZE.test(size)) return size;
  refuse("unpack_size", size, source, "it is not a size of a tmpfs", {
    hint: "Give digits with k, m, g or % after them, more than 0, e.g. 512m or 25%",
  });
}

function checkUnpackInodes(value: string | undefined, source: string): string | undefined {
  if (value === undefined || UNPACK_INODES.test(value)) return value;
  return refuse("unpack_inodes", value, source, "it is not a number of files of a tmpfs", {
    hint: "Give digits with k, m or g after them, more than 0, e.g. 500k",
  });
}

function refuse(
  name: SettingName,
  value: string,
  source: string,
  reason: string,
  options: { hint: string },
): never {
  throw new TorcxError(
    "invalid",
    `Cannot use ${quote(value)} as setting ${quote(name)} from ${source}: ${reason}`,
    options,
  );
}

function toDirectory(name: SettingName, value: string, source: string): string {
  const fault = findPathFault(value);
  if (fault !== undefined) {
    refuse(name, value, source, fault, {
      hint: "Give a path that starts with / and has no control characters",
    });
  }
  return normalizePath(value);
}

function pickConfigPath(parameters: KernelParameters, sources: Map<SettingName, string>): string {
  if (parameters.config === undefined || parameters.config === "") {
    sources.set("config_file", DEFAULT_SOURCE);
    return CONFIG_PATH;
  }
  const source = "kernel command line torcx_config=";
  sources.set("config_file", DEFAULT_SOURCE);
  const path = toDirectory("config_file", parameters.config, source);
  sources.set("config_file", source);
  return path;
}

function pickUsrDir(value: string | undefined, sources: Map<SettingName, string>, warn: Warn): string {
  sources.set("usr_mountpoint", DEFAULT_SOURCE);
  if (value === undefined || value === "") return "/usr";
  const fault = findPathFault(value);
  if (fault !== undefined) {
    warn(`ignoring TORCX_USR_MOUNTPOINT=${quote(value)}: ${fault}; using "/usr"`);
    return "/usr";
  }
  sources.set("usr_mountpoint", `${ENVIRONMENT_SOURCE}TORCX_USR_MOUNTPOINT`);
  return normalizePath(value);
}

function pickBoot(
  parameters: KernelParameters,
  sources: Map<SettingName, string>,
  warn: Warn,
): BootSettings {
  sources.set("boot", DEFAULT_SOURCE);
  sources.set("boot_profile", DEFAULT_SOURCE);
  let isEnabled = true;
  if (parameters.torcx !== undefined) {
    const value = parseKernelBoolean(parameters.torcx);
    if (value === undefined) {
      warn(
        `ignoring torcx=${quote(parameters.torcx)} on the kernel command line: it is neither 0 nor 1`,
      );
    } else {
      isEnabled = value;
      sources.set("boot", "kernel command line torcx=");
    }
  }
  const profileText = parameters.profile;
  if (profileText !== undefined) sources.set("boot_profile", "kernel command line torcx_profile=");
  return {
    isEnabled,
    profile: profileText === undefined ? undefined : toProfileName(profileText),
    profileText,
  };
}
