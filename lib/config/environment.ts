/**
 * Owns the list of the variables that the program looks at, what each is for and who sets it, and what becomes of a
 * value that is no text. The variables of settings come from the table of settings. It refuses their meaning.
 */

import { TorcxError } from "../errors.ts";
import { describeDefault, getSettingRow, SETTING_NAMES } from "./setting_table.ts";

/** One variable. */
export interface VariableRow {
  readonly name: string;
  readonly help: string;
  readonly setBy: "people" | "systemd" | "the terminal";
  /** It only says how things are told: a value that is no text is no error then. */
  readonly isSurrounding?: true;
}

/** The variables that are no settings. */
const OTHERS: readonly VariableRow[] = [
  {
    name: "TORCX_CHECK_REMOTE_ONLY",
    help: "The same as the option --remote-only of profile check",
    setBy: "people",
  },
  {
    name: "TMPDIR",
    help: "Where archives are looked into by those who may mount nothing. Default: /tmp",
    setBy: "people",
  },
  {
    name: "JOURNAL_STREAM",
    help: "The log stream of a unit: log lines to it have the priorities of sd-daemon(3)",
    setBy: "systemd",
    isSurrounding: true,
  },
  ...["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].flatMap((upper): VariableRow[] => [{
    name: upper,
    help: `The proxy that profile populate and remote check go through; ${upper.toLowerCase()} is the same`,
    setBy: "people",
    isSurrounding: true,
  }, {
    name: upper.toLowerCase(),
    help: `As ${upper}`,
    setBy: "people",
    isSurrounding: true,
  }]),
  { name: "NO_COLOR", help: "Switches colour off", setBy: "people", isSurrounding: true },
  { name: "TERM", help: "The value dumb switches colour off", setBy: "the terminal", isSurrounding: true },
];

/** Every variable that the program looks at. */
export const VARIABLE_TABLE: readonly VariableRow[] = [...SETTING_NAMES.flatMap(makeRow), ...OTHERS];

/** Their names. */
export const VARIABLES: readonly string[] = VARIABLE_TABLE.map(({ name }) => name);

/** What stands for a surrounding that is no text: set, but to nothing that is known. */
const ODD = "\ufffd";

function makeRow(setting: (typeof SETTING_NAMES)[number]): VariableRow[] {
  const row = getSettingRow(setting);
  if (row.variable === undefined) return [];
  const form = row.type === "directories" ? ", separated by colons" : "";
  return [{
    name: row.variable,
    help: `The setting ${setting}. ${row.help}${form}. Default: ${describeDefault(row)}`,
    setBy: "people",
  }];
}

/**
 * Reads the variables. One of them that is a setting and no UTF-8 throws a {@linkcode TorcxError} when it is
 * looked at, not before: help and version do not need it.
 *
 * @param get returns a variable, and throws if its value is no UTF-8.
 */
export function readEnvironment(
  get: (name: string) => string | undefined,
): Readonly<Record<string, string | undefined>> {
  const environment: Record<string, string | undefined> = {};
  for (const { name, isSurrounding } of VARIABLE_TABLE) {
    try {
      const value = get(name);
      if (value !== undefined) environment[name] = value;
    } catch (cause) {
      if (isSurrounding === true) environment[name] = ODD;
      else defineOdd(environment, { name, cause });
    }
  }
  return environment;
}

function defineOdd(
  environment: Record<string, string | undefined>,
  { name, cause }: { name: string; cause: unknown },
): void {
  Object.defineProperty(environment, name, {
    enumerable: true,
    get(): never {
      throw new TorcxError("invalid", `Cannot use variable ${name}: its value is no UTF-8 text`, {
        cause,
        hint: `Unset ${name}, or set it to a path in UTF-8`,
      });
    },
  });
}
