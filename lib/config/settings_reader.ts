/**
 * Owns reading the settings: defaults ← config file ← environment, each value with its source, validated.
 * It refuses to write, and to know `/`: every path is inside the `Root` that is handed in.
 */

import { join } from "@std/path/posix/join";
import { quote, type TorcxError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Root } from "../sys/root.ts";
import { parseKernelBoolean, parseKernelCommandLine } from "./kernel_command_line.ts";
import { derivePaths } from "./paths.ts";
import { findSettingsFault } from "./safety.ts";
import type { Settings } from "./settings.ts";
import { SettingCollector } from "./setting_collector.ts";
import { getSettingRow, SETTING_NAMES, type SettingValues } from "./setting_table.ts";
import { findGivenValue, type SettingPlaces } from "./setting_values.ts";
import { pickVersionId, readConfigFile, readOsRelease } from "./settings_files.ts";
import { DEFAULT_SOURCE, formatConfigSource } from "./sources.ts";

/** What {@linkcode examineSettings} reads from. */
export interface SettingsInput {
  root: Root;
  environment: Readonly<Record<string, string | undefined>>;
  /** The text of /proc/cmdline; empty where the root is not the running system's. */
  kernelCommandLine: string;
  log: Logger;
}

/** Settings, and what forbids to work with them. */
export interface ExaminedSettings {
  /** Where a value cannot be used or read, the default stands in its place. */
  settings: Settings;
  /** The first fault; undefined if there is none. `not_found`: the config file that was asked for is absent. */
  fault: TorcxError | undefined;
}

/**
 * Reads the settings, so that who can may go on where they cannot be used. The fault is
 * `not_found` if the config file that the kernel command line names is absent, `failed` if the config
 * file or os-release is there but cannot be read, `invalid` if the config file has a wrong shape, a value
 * is not allowed, or the directories do not go together; the message names settings and sources.
 */
export function examineSettings(input: SettingsInput): ExaminedSettings {
  const { root, environment, log } = input;
  const found = new SettingCollector(log);
  // The table gives both the fields that are collected and the type: they are the same by construction.
  const values = found.values as unknown as SettingValues;
  const parameters = parseKernelCommandLine(input.kernelCommandLine);

  const asked = parameters.config || undefined;
  found.place(
    "config_file",
    asked === undefined ? undefined : { value: asked, source: ofParameter("config") },
  );
  const { configPath } = values;
  const isAskedFor = found.sources.get("config_file") !== DEFAULT_SOURCE;
  const places: SettingPlaces = {
    // One that is no text throws when it is looked at (environment.ts).
    getVariable: (name) => found.attempt(() => environment[name], undefined),
    config: found.attempt(
      () => readConfigFile({ root, log }, configPath, { isAskedFor, warn: found.warn }),
      {},
    ),
    configSource: formatConfigSource(configPath),
  };
  for (const name of SETTING_NAMES) {
    const { isInConfigFile, variable } = getSettingRow(name);
    if (isInConfigFile !== true && variable === undefined) continue;
    found.place(name, findGivenValue(name, places));
  }

  const osReleasePath = join(values.usrDir, "lib/os-release");
  const osRelease = found.attempt(
    () => readOsRelease(root, osReleasePath, { warn: found.warn }),
    new Map<string, string>(),
  );
  const versionId = pickVersionId(osRelease, osReleasePath, { warn: found.warn });
  found.set("version_id", versionId, `file ${quote(osReleasePath)}`);
  placeBoot(found, parameters.torcx);
  const { profile } = parameters;
  // It counts even if it is empty or no legal name: whoever selects a profile judges it.
  found.set("boot_profile", profile, profile === undefined ? undefined : ofParameter("profile"));

  const settings: Settings = {
    ...values,
    osRelease,
    sources: found.sources,
    paths: derivePaths(values),
    warnings: found.warnings,
  };
  return { settings, fault: found.fault ?? findSettingsFault({ root, settings, log }) };
}

function placeBoot(found: SettingCollector, text: string | undefined): void {
  const value = text === undefined ? undefined : parseKernelBoolean(text);
  if (text !== undefined && value === undefined) {
    found.warn(`ignoring torcx=${quote(text)} on the kernel command line: it is neither 0 nor 1`);
  }
  found.set("boot", value ?? true, value === undefined ? undefined : "kernel command line torcx=");
}

function ofParameter(name: "config" | "profile"): string {
  return `kernel command line torcx_${name}=`;
}
