/**
 * Owns what the documents say of settings, variables and kernel parameters, made from their tables. Pure.
 */

import { VARIABLE_TABLE } from "../../config/environment.ts";
import {
  describeDefault,
  getSettingRow,
  SETTING_NAMES,
  type SettingRow,
} from "../../config/setting_table.ts";

/** A term and what is said of it. */
export interface Entry {
  readonly term: string;
  readonly text: string;
}

/** Lists the settings: what each is, its default and where it is set. */
export function listSettingEntries(): Entry[] {
  return SETTING_NAMES.map((name) => {
    const row = getSettingRow(name);
    const places = listPlaces(row);
    const set = places.length === 0 ? "" : `. Set by ${places.join(", or by ")}`;
    return { term: name, text: `${row.help}. Default: ${describeDefault(row)}${set}` };
  });
}

/** Lists the places that can set a setting, the one that wins first. */
export function listPlaces({ parameter, variable, isInConfigFile }: SettingRow): string[] {
  return [
    ...parameter === undefined ? [] : [`${parameter.term} on the kernel command line`],
    ...variable === undefined ? [] : [`the variable ${variable}`],
    ...isInConfigFile === true ? ["the config file"] : [],
  ];
}

/** Lists the parameters of the kernel command line. */
export function listParameterEntries(): Entry[] {
  return SETTING_NAMES.flatMap((name) => {
    const { parameter } = getSettingRow(name);
    return parameter === undefined ? [] : [{ term: parameter.term, text: parameter.help }];
  });
}

/** Lists the variables: what each is for, and who sets it if not people do. */
export function listVariableEntries(): Entry[] {
  return VARIABLE_TABLE.map(({ name, help, setBy }) => ({
    term: name,
    text: setBy === "people" ? help : `${help}. Set by ${setBy}`,
  }));
}
