/**
 * Owns what the texts that are given for a setting become: its value, or what is wrong with it. It refuses to
 * know where a text was read.
 */

import { resolve } from "@std/path/posix/resolve";
import { quote, TorcxError } from "../errors.ts";
import type { ConfigFile } from "../manifest/config.ts";
import { findPathFault } from "./paths.ts";
import { getSettingRow, type SettingName, type SettingRow, type SettingValue } from "./setting_table.ts";
import { ENVIRONMENT_SOURCE } from "./sources.ts";

/** What a place gives for a setting, not judged yet. */
export interface GivenValue {
  readonly value: string | readonly string[];
  /** Where it stands, for people. */
  readonly source: string;
}

/** The places that can set a setting. */
export interface SettingPlaces {
  getVariable(name: string): string | undefined;
  config: ConfigFile;
  /** The config file, for people. */
  configSource: string;
}

/** Why a text cannot be used. */
export interface ValueFault {
  readonly text: string;
  readonly reason: string;
  readonly hint: string;
}

/** Finds what is given for a setting, a variable before the config file; what is empty sets nothing. */
export function findGivenValue(name: SettingName, places: SettingPlaces): GivenValue | undefined {
  const { variable, type, isInConfigFile } = getSettingRow(name);
  const text = variable === undefined ? undefined : places.getVariable(variable);
  const value = type === "directories" ? text?.split(":").filter((path) => path !== "") : text;
  if (value !== undefined && value.length > 0) return { value, source: `${ENVIRONMENT_SOURCE}${variable}` };
  const fromFile = isInConfigFile === true ? places.config[name] : undefined;
  return fromFile === undefined ? undefined : { value: fromFile, source: places.configSource };
}

/** Finds what forbids to use a value, of a list the first item's fault. */
export function findValueFault(row: SettingRow, value: GivenValue["value"]): ValueFault | undefined {
  for (const text of typeof value === "string" ? [value] : value) {
    const fault = row.type === "text" ? findTextFault(row, text) : findDirectoryFault(text);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function findTextFault({ check }: SettingRow, text: string): ValueFault | undefined {
  if (check === undefined || new RegExp(`^(?:${check.pattern})$`).test(text)) return undefined;
  return { text, reason: check.reason, hint: check.hint };
}

function findDirectoryFault(text: string): ValueFault | undefined {
  const reason = findPathFault(text);
  if (reason === undefined) return undefined;
  return { text, reason, hint: "Give a path that starts with / and has no control characters" };
}

/** Makes the setting of a value without faults: paths are cleaned. */
export function toSettingValue({ type }: SettingRow, value: GivenValue["value"]): SettingValue {
  if (type === "text") return value as string;
  return typeof value === "string" ? resolve("/", value) : value.map((path) => resolve("/", path));
}

/** Makes the error of a value that cannot be used. */
export function makeValueError(name: SettingName, fault: ValueFault, source: string): TorcxError {
  return new TorcxError(
    "invalid",
    `Cannot use ${quote(fault.text)} as setting ${quote(name)} from ${source}: ${fault.reason}`,
    { hint: fault.hint },
  );
}
