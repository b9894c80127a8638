/**
 * Owns the settings: defaults ← config file ← environment, each value with its source, validated.
 * It refuses to write, and to know `/`: every path is inside the `Root` that is handed in. All
 * rooms above read their paths from here.
 */

import { isErrno, quote, TorcxError } from "../errors.ts";
import { encodePath } from "../bytes.ts";
import type { Logger } from "../log.ts";
import { type ConfigFile, parseConfigFile } from "../manifest/config.ts";
import { decodeText } from "../manifest/json.ts";
import { type ProfileName, toProfileName } from "../manifest/names.ts";
import type { Root } from "../sys/root.ts";
import { type KernelParameters, parseKernelBoolean, parseKernelCommandLine } from "./kernel_command_line.ts";
import { isOsVersion, parseOsRelease } from "./os_release.ts";
import { CONFIG_PATH, derivePaths, findPathFault, join, normalizePath, type Paths } from "./paths.ts";

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
  osRelease: ReadonlyMap<string, string>;
  /** VERSION_ID of os-release, if it can name a directory. */
  versionId: string | undefined;
  /** Where each value comes from. */
  sources: ReadonlyMap<SettingName, string>;
  /** The config file that was looked for. */
  configPath: string;
  boot: BootSettings;
  paths: Paths;
}

/** What {@linkcode readSettings} reads from. */
export interface SettingsInput {
  root: Root;
  environment: Readonly<Record<string, string | undefined>>;
  /** The text of /proc/cmdline; empty where the root is not the running system's. */
  kernelCommandLine: string;
  log: Logger;
}

const DEFAULT_SOURCE = "default";
/** Digits with what tmpfs(5) allows after them; 0 would mean no limit at all. */
const UNPACK_SIZE = /^0*[1-9][0-9]*[kKmMgG%]?$/;

/**
 * Reads the settings.
 *
 * @throws {TorcxError} `invalid` if the config file has a wrong shape, or a value is not allowed; the
 *   message names the setting and its source.
 * @throws {TorcxError} `failed` if the config file is there but cannot be read.
 */
export function readSettings({ root, environment, kernelCommandLine, log }: SettingsInput): Settings {
  const sources = new Map<SettingName, string>();
  const parameters = parseKernelCommandLine(kernelCommandLine);
  const configPath = pickConfigPath(parameters, sources);
  const config = readConfigFile(root, configPath, sources.get("config_file") !== DEFAULT_SOURCE, log);
  const fileSource = `config file ${quote(configPath)}`;

  const pickDirectory = (
    name: SettingName,
    fallback: string,
    fromFile: string | undefined,
    variable: string,
  ): string => {
    const fromEnvironment = environment[variable] || undefined;
    const value = fromEnvironment ?? fromFile ?? fallback;
    const source = fromEnvironment !== undefined
      ? `environment ${variable}`
      : fromFile !== undefined
      ? fileSource
      : DEFAULT_SOURCE;
    sources.set(name, source);
    return toDirectory(name, value, source);
  };
  const directories = {
    baseDir: pickDirectory("base_dir", "/var/lib/torcx", config.baseDir, "TORCX_BASEDIR"),
    runDir: pickDirectory("run_dir", "/run/torcx", config.runDir, "TORCX_RUNDIR"),
    confDir: pickDirectory("conf_dir", "/etc/torcx", config.confDir, "TORCX_CONFDIR"),
    usrDir: pickUsrDir(environment["TORCX_USR_MOUNTPOINT"], sources, log),
  };

  sources.set("store_paths", config.storePaths === undefined ? DEFAULT_SOURCE : fileSource);
  const storePaths = (config.storePaths ?? []).map((path) => toDirectory("store_paths", path, fileSource));
  const extra = (environment["TORCX_STOREPATH"] ?? "").split(":").filter((path) => path !== "");
  const extraSource = "environment TORCX_STOREPATH";
  sources.set("extra_store_paths", extra.length === 0 ? DEFAULT_SOURCE : extraSource);
  const extraStorePaths = extra.map((path) => toDirectory("extra_store_paths", path, extraSource));

  sources.set("unpack_size", config.unpackSize === undefined ? DEFAULT_SOURCE : fileSource);
  if (config.unpackSize !== undefined && !UNPACK_SIZE.test(config.unpackSize)) {
    refuse("unpack_size", config.unpackSize, fileSource, "it is not a size of a tmpfs", {
      hint: "Give digits with k, m, g or % after them, more than 0, e.g. 512m or 25%",
    });
  }

  const osReleasePath = join(directories.usrDir, "lib/os-release");
  const osRelease = readOsRelease(root, osReleasePath, log);
  sources.set("version_id", `file ${quote(osReleasePath)}`);
  return {
    ...directories,
    storePaths,
    extraStorePaths,
    unpackSize: config.unpackSize,
    osRelease,
    versionId: pickVersionId(osRelease, osReleasePath, log),
    sources,
    configPath,
    boot: pickBoot(parameters, sources, log),
    paths: derivePaths(directories),
  };
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
  sources.set("config_file", source);
  return toDirectory("config_file", parameters.config, source);
}

function readConfigFile(root: Root, path: string, isAskedFor: boolean, log: Logger): ConfigFile {
  let bytes;
  try {
    bytes = root.readFile(encodePath(path));
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) {
      throw new TorcxError(
        "failed",
        `Cannot read settings: config file ${quote(path)} is there but unreadable`,
        {
          cause: error,
        },
      );
    }
    const message = `no config file ${quote(path)}`;
    if (isAskedFor) log.warning(`${message}, which the kernel command line names`);
    else log.debug(message);
    return {};
  }
  log.debug(`config file ${quote(path)} read`);
  return parseConfigFile(decodeText(bytes, path), path);
}

function pickUsrDir(value: string | undefined, sources: Map<SettingName, string>, log: Logger): string {
  sources.set("usr_mountpoint", DEFAULT_SOURCE);
  if (value === undefined || value === "") return "/usr";
  const fault = findPathFault(value);
  if (fault !== undefined) {
    log.warning(`ignoring TORCX_USR_MOUNTPOINT=${quote(value)}: ${fault}; using "/usr"`);
    return "/usr";
  }
  sources.set("usr_mountpoint", "environment TORCX_USR_MOUNTPOINT");
  return normalizePath(value);
}

function readOsRelease(root: Root, path: string, log: Logger): Map<string, string> {
  try {
    // os-release is not refused for one odd byte in a pretty name.
    return parseOsRelease(new TextDecoder().decode(root.readFile(encodePath(path))));
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    log.warning(`cannot read ${quote(path)}: ${error.message}`);
    return new Map();
  }
}

function pickVersionId(
  osRelease: ReadonlyMap<string, string>,
  path: string,
  log: Logger,
): string | undefined {
  const version = osRelease.get("VERSION_ID");
  if (version === undefined || version === "") {
    log.warning(`no VERSION_ID in ${quote(path)}: versioned stores are left out`);
    return undefined;
  }
  if (!isOsVersion(version)) {
    log.warning(
      `VERSION_ID ${quote(version)} in ${quote(path)} cannot name a directory: versioned stores are left out`,
    );
    return undefined;
  }
  return version;
}

function pickBoot(
  parameters: KernelParameters,
  sources: Map<SettingName, string>,
  log: Logger,
): BootSettings {
  sources.set("boot", DEFAULT_SOURCE);
  sources.set("boot_profile", DEFAULT_SOURCE);
  let isEnabled = true;
  if (parameters.torcx !== undefined) {
    const value = parseKernelBoolean(parameters.torcx);
    if (value === undefined) {
      log.warning(
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
