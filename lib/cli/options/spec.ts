/**
 * Owns the form of the table of verbs: what can be said of a verb, a flag, a positional. Types only.
 */

import type { ExitName } from "../../exit.ts";
import type { KeptPermissions } from "../../sys/permissions.ts";
import type { ValueTypeName } from "./value_types.ts";

/** One flag. Without `type` it is a switch. */
export interface FlagSpec {
  /** Its field in Options. */
  readonly key: string;
  /** Its long name without the dashes. */
  readonly long: string;
  /** Its one-letter name without the dash. */
  readonly short?: string;
  readonly type?: ValueTypeName;
  /** The placeholder, where the type's own would say too little. */
  readonly metavar?: string;
  /** The value that the bare flag stands for; another one is then given with `=` only. */
  readonly implied?: string;
  /** Of a switch: its value may be the next word, too, if that has no dash before it. */
  readonly hasNextWord?: true;
  /** A value that is none counts for nothing, with a warning: as if it had not been given. */
  readonly isLenient?: true;
  /** The value without the flag. */
  readonly fallback?: string;
  /** May be given several times: the field is an array. */
  readonly isRepeated?: true;
  readonly isRequired?: true;
  /** The environment variable that stands for the flag where it is not given. */
  readonly variable?: string;
  readonly help: string;
}

/** One positional argument. */
export interface PositionalSpec {
  readonly key: string;
  readonly metavar: string;
  readonly type: ValueTypeName;
  readonly isOptional?: true;
  /** Takes all that is left: the field is an array. */
  readonly isRest?: true;
  readonly help: string;
}

/** Flags that exclude each other. */
export interface ChoiceSpec {
  readonly keys: readonly string[];
  /** One of them must be given. */
  readonly isRequired: boolean;
}

/** A line of a verb's help that shows how it is used. */
export interface ExampleSpec {
  readonly line: string;
  readonly help: string;
}

/** One verb. */
export interface VerbSpec {
  readonly command: string;
  /** One line, a verb in the third person. */
  readonly summary: string;
  /** Further sentences. */
  readonly details: readonly string[];
  readonly positionals: readonly PositionalSpec[];
  readonly flags: readonly FlagSpec[];
  readonly choices?: readonly ChoiceSpec[];
  /** Exit statuses beyond done, failed, usage and signal, and what those mean here; true: the table's own words. */
  readonly exits?: Readonly<Partial<Record<ExitName, string | true>>>;
  /** What it needs of the process's permissions; all else is given up before it starts. */
  readonly keeps?: Readonly<KeptPermissions>;
  readonly examples: readonly ExampleSpec[];
  /** Left out of help and completions. */
  readonly isHidden?: true;
}
