/**
 * Owns the split of argv into verb, flags and positionals, still as text. It knows which flags take
 * a value from the table of verbs and refuses what the table does not have; `options.ts` calls it.
 */

import { quote, UsageError } from "../errors.ts";
import {
  COMMAND_FLAGS,
  type FlagSpec,
  GLOBAL_FLAGS,
  GROUPS,
  UNAVAILABLE_VERBS,
  VERBS,
  type VerbSpec,
} from "./options_table.ts";
import { getMetavar } from "./options_usage.ts";
import { findNearest } from "./suggestions.ts";

/** The texts that a flag was given with, in order, and how it was spelled. */
export interface GivenFlag {
  readonly spec: FlagSpec;
  /** As the caller wrote it, e.g. `-n`, for messages. */
  readonly spelling: string;
  readonly texts: string[];
}

/** A command line that is split, not yet typed. */
export interface Words {
  readonly verb: VerbSpec;
  readonly positionals: readonly string[];
  readonly flags: ReadonlyMap<string, GivenFlag>;
}

const MISSING_VERB_HINT = 'Run "torcx help" to see all verbs';

/** Returns the verb of this name, hidden ones too. */
export function findVerb(command: string): VerbSpec | undefined {
  return VERBS.find((verb) => verb.command === command);
}

/** Returns whether a text is the name of a verb, or of a group of verbs. */
export function isTopic(text: string): boolean {
  return GROUPS.has(text) || findVerb(text) !== undefined;
}

/** Makes the error of a wrong use: the verb, then the fault. */
export function makeUsageError(
  command: string | undefined,
  fault: string,
  hint: string | undefined,
  cause?: unknown,
): UsageError {
  const of = command === undefined || command === "" ? "" : ` of ${quote(command)}`;
  return new UsageError(`Cannot parse arguments${of}: ${fault}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Splits argv.
 *
 * @throws {UsageError} if it names no verb, an unknown one, or a flag that the verb does not have.
 */
export function splitWords(args: readonly string[]): Words {
  return new Splitter(args).split();
}

class Splitter {
  readonly #rest: string[];
  #verb: VerbSpec | undefined;
  readonly #verbWords: string[] = [];
  readonly #positionals: string[] = [];
  readonly #flags = new Map<string, GivenFlag>();
  #command: "help" | "version" | undefined;

  constructor(args: readonly string[]) {
    this.#rest = [...args];
  }

  split(): Words {
    let areFlagsOver = false;
    for (let word = this.#rest.shift(); word !== undefined; word = this.#rest.shift()) {
      if (areFlagsOver || !word.startsWith("-") || word === "-") this.#takeWord(word);
      else if (word === "--") areFlagsOver = true;
      else if (word.startsWith("--")) this.#takeLongFlag(word);
      else this.#takeShortFlags(word);
      if (this.#command !== undefined) return this.#finishCommand(this.#command);
    }
    if (this.#verb === undefined) throw this.#makeMissingVerbError();
    return { verb: this.#verb, positionals: this.#positionals, flags: this.#flags };
  }

  /** `--help` and `--version` win over all that comes after them. */
  #finishCommand(command: "help" | "version"): Words {
    return {
      verb: findVerb(command)!,
      positionals: command === "help" ? this.#verbWords : [],
      flags: new Map([...this.#flags].filter(([key]) => GLOBAL_FLAGS.some((flag) => flag.key === key))),
    };
  }

  #takeWord(word: string): void {
    if (this.#verb !== undefined) {
      this.#positionals.push(word);
      return;
    }
    const command = [...this.#verbWords, word].join(" ");
    this.#verb = findVerb(command);
    if (this.#verb === undefined && !GROUPS.has(command)) throw makeUnknownVerbError(this.#verbWords, word);
    this.#verbWords.push(word);
  }

  #takeLongFlag(word: string): void {
    const equals = word.indexOf("=");
    const spelling = equals === -1 ? word : word.slice(0, equals);
    const inline = equals === -1 ? undefined : word.slice(equals + 1);
    const spec = this.#findFlag((flag) => `--${flag.long}` === spelling);
    if (spec !== undefined) this.#takeFlag(spec, spelling, inline);
    else if (inline === undefined && spelling === "--help") this.#command = "help";
    else if (inline === undefined && spelling === "--version" && this.#verbWords.length === 0) {
      this.#command = "version";
    } else throw this.#makeUnknownFlagError(spelling, word);
  }

  /** `-n VER`, `-nVER`, `-n=VER`, and several letters at once where they need no value. */
  #takeShortFlags(word: string): void {
    for (let at = 1; at < word.length; at++) {
      const spelling = `-${word[at]}`;
      const rest = word.slice(at + 1);
      const spec = this.#findFlag((flag) => `-${flag.short}` === spelling);
      if (spec === undefined && spelling === "-h" && rest === "") {
        this.#command = "help";
        return;
      }
      if (spec === undefined) throw this.#makeUnknownFlagError(spelling, word);
      if (rest.startsWith("=")) return this.#takeFlag(spec, spelling, rest.slice(1));
      if (takesNextWord(spec)) return this.#takeFlag(spec, spelling, rest === "" ? undefined : rest);
      this.#takeFlag(spec, spelling, undefined);
    }
  }

  #findFlag(matches: (flag: FlagSpec) => boolean): FlagSpec | undefined {
    return this.#listFlags().find(matches);
  }

  #listFlags(): readonly FlagSpec[] {
    return [...GLOBAL_FLAGS, ...this.#verb?.flags ?? []];
  }

  #takeFlag(spec: FlagSpec, spelling: string, inline: string | undefined): void {
    const text = inline ?? (takesNextWord(spec) ? this.#takeValue(spec, spelling) : spec.implied ?? "true");
    const given = this.#flags.get(spec.key);
    if (given === undefined) {
      this.#flags.set(spec.key, { spec, spelling, texts: [text] });
      return;
    }
    // Levels and switches may be said again, as in an alias; of two names only one can be meant.
    if (spec.isRepeated !== true && takesNextWord(spec)) {
      throw this.#makeError(`option ${quote(spelling)} is given twice`, `Give it once`);
    }
    if (spec.isRepeated !== true) given.texts.pop();
    given.texts.push(text);
  }

  #takeValue(spec: FlagSpec, spelling: string): string {
    const next = this.#rest[0];
    if (next === undefined || (next.startsWith("-") && next !== "-")) {
      const hint = next === undefined || next === "--" || this.#isFlag(next)
        ? `Write "${spelling} ${getMetavar(spec)}"`
        : `Write "--${spec.long}=${next}" if the value starts with a dash`;
      throw this.#makeError(`option ${quote(spelling)} needs a value`, hint);
    }
    this.#rest.shift();
    return next;
  }

  #isFlag(word: string): boolean {
    const spelling = word.replace(/=.*/s, "");
    return spelling === "--help" || spelling === "-h" ||
      this.#findFlag((flag) => `--${flag.long}` === spelling || `-${flag.short}` === spelling) !== undefined;
  }

  #makeError(fault: string, hint: string): UsageError {
    return makeUsageError(this.#verbWords.join(" "), fault, hint);
  }

  #makeUnknownFlagError(spelling: string, word: string): UsageError {
    const command = this.#verbWords.join(" ");
    const isOfVerb = this.#verb === undefined &&
      VERBS.some((verb: VerbSpec) =>
        verb.flags.some((flag) => `--${flag.long}` === spelling || `-${flag.short}` === spelling)
      );
    const names = [...this.#listFlags(), ...COMMAND_FLAGS].map((flag) => `--${flag.long}`);
    const nearest = findNearest(spelling, names);
    const hint = isOfVerb
      ? "Put the options of a verb after the verb"
      : nearest !== undefined && spelling.length > 2 && nearest !== spelling
      ? `Did you mean "${nearest}"?`
      : `Run "${["torcx", ...this.#verbWords, "--help"].join(" ")}" to see its options`;
    const where = spelling.length === 2 && word !== spelling && !word.startsWith("--")
      ? ` in ${quote(word)}`
      : "";
    return makeUsageError(command, `unknown option ${quote(spelling)}${where}`, hint);
  }

  #makeMissingVerbError(): UsageError {
    const group = this.#verbWords[0];
    if (group === undefined) {
      return new UsageError("Cannot run torcx: no verb is given", { hint: MISSING_VERB_HINT });
    }
    return new UsageError(`Cannot run ${quote(group)}: its verb is missing`, {
      hint: `Write one of: ${listVerbsOf(group).join(", ")}`,
    });
  }
}

function makeUnknownVerbError(before: readonly string[], word: string): UsageError {
  const command = [...before, word].join(" ");
  const wayOut = UNAVAILABLE_VERBS.get(command);
  if (wayOut !== undefined) {
    return new UsageError(`Cannot run ${quote(command)}: it is not available in this version`, {
      hint: wayOut,
    });
  }
  const group = before[0];
  const isWordOfGroup = group !== undefined;
  const candidates = isWordOfGroup
    ? listVerbsOf(group).map((verb) => `${group} ${verb}`)
    : [...listVisibleVerbs(), ...GROUPS.keys()];
  // "torcx list" is short for one of several: name the first that ends like it.
  const nearest = findNearest(command, candidates) ??
    (isWordOfGroup ? undefined : candidates.find((candidate) => candidate.endsWith(` ${word}`)));
  const hint = nearest !== undefined
    ? `Did you mean "torcx ${nearest}"?`
    : isWordOfGroup
    ? `Write one of: ${listVerbsOf(group).join(", ")}`
    : MISSING_VERB_HINT;
  return new UsageError(`Cannot run ${quote(command)}: there is no such verb`, { hint });
}

function listVisibleVerbs(): string[] {
  return VERBS.filter((verb: VerbSpec) => verb.isHidden !== true).map((verb) => verb.command);
}

/** Returns the second words of a group's verbs. */
export function listVerbsOf(group: string): string[] {
  return listVisibleVerbs().filter((command) => command.startsWith(`${group} `))
    .map((command) => command.slice(group.length + 1)).sort();
}

/** Returns whether the flag's value may be the next word: a switch and an optional value need `=`. */
function takesNextWord(spec: FlagSpec): boolean {
  return spec.type !== undefined && spec.implied === undefined;
}
