/**
 * Owns `Options`, the one typed form of a command line, and its parser over the table of verbs. What it
 * returns is checked whole; a wrong use throws before anything is done.
 */

import { quote, TorcxError, type UsageError } from "../../errors.ts";
import { type FlagSpec, GLOBAL_FLAGS, type PositionalSpec, type VERBS, type VerbSpec } from "./verbs.ts";
import { formatUsage } from "./usage.ts";
import { type GivenFlag, isTopic, makeUsageError, splitWords } from "./split_argv.ts";
import { VALUE_TYPES, type ValueOf, type ValueTypeName } from "./value_types.ts";

type Flatten<T> = { [K in keyof T]: T[K] } & unknown;
type Typed<T extends ValueTypeName> = { readonly type: T };

/** The type of a flag's field. */
type FlagField<F> = F extends { readonly isRepeated: true } & Typed<infer T> ? ValueOf<T>[]
  : F extends { readonly fallback: string } & Typed<infer T> ? ValueOf<T>
  : F extends Typed<infer T> ? ValueOf<T> | undefined
  : boolean;

/** The type of a positional's field. */
type PositionalField<P> = P extends { readonly isRest: true } & Typed<infer T> ? ValueOf<T>[]
  : P extends { readonly isOptional: true } & Typed<infer T> ? ValueOf<T> | undefined
  : P extends Typed<infer T> ? ValueOf<T>
  : never;

type FlagFields<F extends FlagSpec> = { [E in F as E["key"]]: FlagField<E> };
type PositionalFields<P extends PositionalSpec> = { [E in P as E["key"]]: PositionalField<E> };

/** The fields of every command: `root`, `output`, `verbose`. */
export type GlobalOptions = FlagFields<(typeof GLOBAL_FLAGS)[number]>;

type OptionsOf<V extends (typeof VERBS)[number]> = V extends VerbSpec ? Flatten<
    & { command: V["command"] }
    & GlobalOptions
    & FlagFields<V["flags"][number]>
    & PositionalFields<V["positionals"][number]>
  >
  : never;

/** A parsed command line: one member per verb of the table, told apart by `command`. */
export type Options = OptionsOf<(typeof VERBS)[number]>;

/** The name of a command. */
export type CommandName = Options["command"];

/** The options of one command. */
export type CommandOptions<C extends CommandName> = Extract<Options, { command: C }>;

/** The process environment, as far as options look into it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Options of {@linkcode parseOptions}. */
export interface ParseOptions {
  /** Told what counts for nothing. Default: nobody is. */
  onWarning?: (message: string) => void;
}

/**
 * Parses the arguments of `torcx` (without argv[0]).
 *
 * @throws {UsageError} if they are no right use of a verb.
 */
export function parseOptions(
  args: readonly string[],
  environment: Environment,
  { onWarning = () => {} }: ParseOptions = {},
): Options {
  const { verb, positionals, flags } = splitWords(args);
  const fields: Record<string, unknown> = { command: verb.command };
  for (const flag of [...GLOBAL_FLAGS, ...verb.flags]) {
    fields[flag.key] = readFlag(verb, flag, { given: flags.get(flag.key), environment, onWarning });
  }
  checkChoices(verb, fields, flags);
  readPositionals(verb, { texts: positionals, fields });
  // The table gives both the fields written above and the type: they are the same by construction.
  const options = fields as Options;
  if (options.command === "help") checkTopic(options.topic);
  return options;
}

/** Where a flag's value may come from, and who is told of one that is none. */
interface FlagSources extends Required<ParseOptions> {
  given: GivenFlag | undefined;
  environment: Environment;
}

function readFlag(verb: VerbSpec, flag: FlagSpec, { given, environment, onWarning }: FlagSources): unknown {
  const type = flag.type ?? "boolean";
  const option = `option ${quote(given?.spelling ?? `--${flag.long}`)}`;
  if (given?.texts.every((text) => counts(option, flag, { text, onWarning }))) {
    const values = given.texts.map((text) => parseValue(verb, option, { type, text }));
    return flag.isRepeated === true ? values : values[0];
  }
  if (flag.isRequired === true) throw makeVerbError(verb, `${option} is missing`);
  const inherited = flag.variable === undefined ? undefined : environment[flag.variable];
  if (inherited !== undefined && inherited !== "") {
    const variable = `variable ${quote(flag.variable!)}`;
    if (counts(variable, flag, { text: inherited, onWarning })) {
      return parseValue(verb, variable, { type, text: inherited });
    }
  }
  if (flag.isRepeated === true) return [];
  if (flag.type === undefined) return false;
  return flag.fallback === undefined ? undefined : VALUE_TYPES[flag.type].parse(flag.fallback);
}

/** Returns whether a text counts: where what is no value is passed over, somebody is told of it. */
function counts(
  what: string,
  flag: FlagSpec,
  { text, onWarning }: { text: string } & Required<ParseOptions>,
): boolean {
  if (flag.isLenient !== true) return true;
  try {
    VALUE_TYPES[flag.type ?? "boolean"].parse(text);
    return true;
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    onWarning(`${what} counts for nothing: ${error.message}`);
    return false;
  }
}

function parseValue(
  verb: VerbSpec,
  what: string,
  { type, text }: { type: ValueTypeName; text: string },
): unknown {
  try {
    return VALUE_TYPES[type].parse(text);
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    throw makeUsageError(verb.command, `${what} has a wrong value`, undefined, error);
  }
}

function checkChoices(
  verb: VerbSpec,
  fields: Readonly<Record<string, unknown>>,
  flags: ReadonlyMap<string, GivenFlag>,
): void {
  for (const { keys, isRequired } of verb.choices ?? []) {
    // A switch that is switched off clashes with nothing.
    const chosen = keys.filter((key) => fields[key] !== undefined && fields[key] !== false);
    if (chosen.length > 1) {
      const spellings = chosen.map((key) => quote(flags.get(key)?.spelling ?? key));
      throw makeVerbError(verb, `options ${spellings.join(" and ")} exclude each other`);
    }
    if (chosen.length === 0 && isRequired) {
      const names = verb.flags.filter(({ key }) => keys.includes(key)).map(({ long }) => `"--${long}"`);
      throw makeVerbError(verb, `one of the options ${names.join(" and ")} is missing`);
    }
  }
}

function readPositionals(
  verb: VerbSpec,
  { texts, fields }: { texts: readonly string[]; fields: Record<string, unknown> },
): void {
  let at = 0;
  for (const positional of verb.positionals) {
    const parse = (text: string): unknown =>
      parseValue(verb, `argument ${positional.metavar}`, { type: positional.type, text });
    if (positional.isRest === true) {
      fields[positional.key] = texts.slice(at).map(parse);
      at = texts.length;
      continue;
    }
    const text = texts[at++];
    if (text === undefined && positional.isOptional !== true) {
      throw makeVerbError(verb, `argument ${positional.metavar} is missing`);
    }
    fields[positional.key] = text === undefined ? undefined : parse(text);
  }
  const extra = texts[at];
  if (extra !== undefined) throw makeVerbError(verb, `argument ${quote(extra)} is one too many`);
}

function checkTopic(topic: readonly string[]): void {
  const name = topic.join(" ");
  // Splitting finds the verb's name and throws for what is none, with the same hints as elsewhere.
  if (topic.length > 0 && !isTopic(name)) {
    splitWords(["--", ...topic]);
    throw makeUsageError("help", `there is no verb ${quote(name)}`, 'Run "torcx help" to see all verbs');
  }
}

function makeVerbError(verb: VerbSpec, fault: string): UsageError {
  return makeUsageError(verb.command, fault, `Usage: ${formatUsage(verb)}`);
}
