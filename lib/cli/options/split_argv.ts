/**
 * Owns the split of argv into verb, flags and positionals, still as text. It knows which flags take a value
 * from the table of verbs and refuses what the table does not have.
 */

import { parseArgs } from "@std/cli/parse-args";
import { quote, UsageError } from "../../errors.ts";
import { type CompletedWords, completeWords, getParserName, takesNextWord } from "./complete_argv.ts";
import { COMMAND_FLAGS, type FlagSpec, GLOBAL_FLAGS, GROUPS, VERBS, type VerbSpec } from "./verbs.ts";
import { getMetavar } from "./usage.ts";
import { findNearest } from "../../suggestions.ts";

/** The texts that a flag was given with, in order, and how it was spelled. */
export interface GivenFlag {
  readonly spec: FlagSpec;
  /** As the caller wrote it, e.g. `-n`, for messages. */
  readonly spelling: string;
  readonly texts: readonly string[];
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
 * Splits argv, in stages: the flags of every verb as far as the verb, then those of the verb too.
 *
 * @throws {UsageError} if it names no verb, an unknown one, or a flag that the verb does not have.
 */
export function splitWords(args: readonly string[]): Words {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return new Splitter().split(args.slice(0, end), args.slice(end + 1));
}

class Splitter {
  readonly #verbWords: string[] = [];
  readonly #flags = new Map<string, GivenFlag>();
  #verb: VerbSpec | undefined;

  /** @param literals what follows `--`: no flags, whatever they look like. */
  split(args: readonly string[], literals: readonly string[]): Words {
    let rest = args;
    let taken = 0;
    while (this.#verb === undefined) {
      const { words, command } = this.#takeFlags(rest, true);
      if (command !== undefined) return this.#finishCommand(command);
      const word = words[0] ?? literals[taken++];
      if (word === undefined) throw this.#makeMissingVerbError();
      this.#takeVerbWord(word);
      rest = words.slice(1);
    }
    const { words, command } = this.#takeFlags(rest, false);
    if (command !== undefined) return this.#finishCommand(command);
    return { verb: this.#verb, positionals: [...words, ...literals.slice(taken)], flags: this.#flags };
  }

  /** Takes the flags that are known by now; returns the other words, and the command that ended them. */
  #takeFlags(
    args: readonly string[],
    stopEarly: boolean,
  ): { words: readonly string[]; command: "help" | "version" | undefined } {
    const specs = this.#listFlags();
    const completed = completeWords(args, (spelling) => this.#findFlag(spelling), stopEarly);
    const names = specs.map(getParserName);
    const parsed = parseArgs([...completed.words], {
      string: ["_", ...names],
      collect: names,
      stopEarly,
      unknown: (word: string, key?: string) => {
        if (key !== undefined) throw this.#makeUnknownFlagError(word);
        return true;
      },
    });
    for (const spec of specs) {
      const texts = parsed[getParserName(spec)] as string[];
      const spelling = completed.spellings.get(spec.long);
      if (texts.length === 0) continue;
      // Somebody wrote the name that is parseArgs()'s alone.
      if (spelling === undefined) throw this.#makeUnknownFlagError(`--${getParserName(spec)}`);
      this.#takeTexts(spec, spelling, texts);
    }
    if (completed.missing !== undefined) throw this.#makeMissingValueError(completed.missing);
    if (completed.command === "version" && this.#verbWords.length > 0) {
      throw this.#makeUnknownFlagError("--version");
    }
    return { words: parsed._.map(String), command: completed.command };
  }

  #takeTexts(spec: FlagSpec, spelling: string, texts: readonly string[]): void {
    const before = this.#flags.get(spec.key);
    const all = [...before?.texts ?? [], ...texts];
    // Levels and switches may be said again, as in an alias; of two names only one can be meant.
    if (all.length > 1 && spec.isRepeated !== true && takesNextWord(spec)) {
      throw this.#makeError(`option ${quote(spelling)} is given twice`, `Give it once`);
    }
    this.#flags.set(spec.key, {
      spec,
      spelling: before?.spelling ?? spelling,
      texts: spec.isRepeated === true ? all : all.slice(-1),
    });
  }

  /** `--help` and `--version` win over all that comes after them. */
  #finishCommand(command: "help" | "version"): Words {
    return {
      verb: findVerb(command)!,
      positionals: command === "help" ? this.#verbWords : [],
      flags: new Map([...this.#flags].filter(([key]) => GLOBAL_FLAGS.some((flag) => flag.key === key))),
    };
  }

  #takeVerbWord(word: string): void {
    const command = [...this.#verbWords, word].join(" ");
    this.#verb = findVerb(command);
    if (this.#verb === undefined && !GROUPS.has(command)) throw makeUnknownVerbError(this.#verbWords, word);
    this.#verbWords.push(word);
  }

  #findFlag(spelling: string): FlagSpec | undefined {
    return this.#listFlags().find((flag) => `--${flag.long}` === spelling || `-${flag.short}` === spelling);
  }

  #listFlags(): readonly FlagSpec[] {
    return [...GLOBAL_FLAGS, ...this.#verb?.flags ?? []];
  }

  #makeError(fault: string, hint: string): UsageError {
    return makeUsageError(this.#verbWords.join(" "), fault, hint);
  }

  #makeMissingValueError({ spec, spelling, next }: NonNullable<CompletedWords["missing"]>): UsageError {
    const isFlag = next === undefined || /^(-h|--help)$/.test(next) ||
      this.#findFlag(next.replace(/=.*/s, "")) !== undefined;
    const hint = isFlag
      ? `Write "${spelling} ${getMetavar(spec)}"`
      : `Write "--${spec.long}=${next}" if the value starts with a dash`;
    return this.#makeError(`option ${quote(spelling)} needs a value`, hint);
  }

  #makeUnknownFlagError(word: string): UsageError {
    const letter = [...word.slice(1)].find((char) => this.#findFlag(`-${char}`) === undefined);
    const spelling = word.startsWith("--") ? word.replace(/=.*/s, "") : `-${letter}`;
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
function listVerbsOf(group: string): string[] {
  return listVisibleVerbs().filter((command) => command.startsWith(`${group} `))
    .map((command) => command.slice(group.length + 1)).sort();
}
