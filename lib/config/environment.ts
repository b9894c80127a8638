/**
 * Owns which variables of the environment the program looks at, and what becomes of a value that is no text.
 * It refuses their meaning.
 */

import { TorcxError } from "../errors.ts";

/** Variables that are settings: a value that cannot be used is an error of whoever uses it. */
const SETTINGS = [
  "TORCX_BASEDIR",
  "TORCX_RUNDIR",
  "TORCX_CONFDIR",
  "TORCX_USR_MOUNTPOINT",
  "TORCX_STOREPATH",
  "TORCX_CHECK_REMOTE_ONLY",
  "TMPDIR",
] as const;

/** Variables that only say how things are told. */
const SURROUNDINGS = ["JOURNAL_STREAM", "NO_COLOR", "TERM"] as const;

/** Every variable that the program looks at. */
export const VARIABLES: readonly string[] = [...SETTINGS, ...SURROUNDINGS];

/** What stands for a surrounding that is no text: set, but to nothing that is known. */
const ODD = "\ufffd";

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
  for (const name of VARIABLES) {
    try {
      const value = get(name);
      if (value !== undefined) environment[name] = value;
    } catch (cause) {
      if ((SURROUNDINGS as readonly string[]).includes(name)) environment[name] = ODD;
      else defineOdd(environment, name, cause);
    }
  }
  return environment;
}

function defineOdd(environment: Record<string, string | undefined>, name: string, cause: unknown): void {
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
