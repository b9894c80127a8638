/**
 * Owns what parseArgs() of @std/cli cannot tell of argv: a bare switch or optional value from one whose value
 * is the next word, `-nVER` from several switches, a missing value from an empty one, and how a flag was
 * spelled. It refuses to judge: what is no flag stays for parseArgs() to find.
 */

import type { FlagSpec } from "./spec.ts";

/** Argv with every known flag as `--NAME=VALUE`, by the names of {@linkcode getParserName}. */
export interface CompletedWords {
  readonly words: readonly string[];
  /** How each flag was first spelled, by its long name. */
  readonly spellings: ReadonlyMap<string, string>;
  /** What ended it: all that comes after `--help` or `--version` counts for nothing. */
  readonly command: "help" | "version" | undefined;
  /** The flag whose value is missing, and the word that stands in its place; nothing is read after it. */
  readonly missing: { spec: FlagSpec; spelling: string; next: string | undefined } | undefined;
}

/**
 * Returns the name by which parseArgs() knows a flag. Of `--no-NAME=VALUE` it makes a value of NAME, whatever it
 * was told: such a flag gets a name of the same meaning that it leaves alone.
 */
export function getParserName({ long }: Pick<FlagSpec, "long">): string {
  return long.replace(/^no-/, "no:");
}

/** Returns whether a flag's value may be the next word: a switch and an optional value need `=`. */
export function takesNextWord(spec: FlagSpec): boolean {
  return spec.type !== undefined && spec.implied === undefined;
}

/**
 * Completes the flags of argv, which has no `--`.
 *
 * @param findFlag finds a flag by its spelling, `--long` or `-s`.
 * @param stopEarly leaves what follows the first word that is no flag.
 */
export function completeWords(
  args: readonly string[],
  findFlag: (spelling: string) => FlagSpec | undefined,
  stopEarly: boolean,
): CompletedWords {
  const words: string[] = [];
  const spellings = new Map<string, string>();
  const rest = [...args];
  /** The word that several switches stood in, for the message of one that is none. */
  let origin: string | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      if (stopEarly) words.push(...rest.splice(0));
      continue;
    }
    if (word === "-h" || word === "--help" || word === "--version") {
      const command = word === "--version" ? "version" : "help";
      return { words, spellings, command, missing: undefined };
    }
    const [, spelling = word, sign = "", tail = ""] = /^(--[^=]*|-[^-])(=?)(.*)$/s.exec(word) ?? [];
    const spec = findFlag(spelling);
    if (spec === undefined) {
      words.push(origin ?? word);
      continue;
    }
    let value = sign === "=" ? tail : spec.implied ?? "true";
    if (word === spelling && spec.hasNextWord === true && rest[0] !== undefined && !/^-./s.test(rest[0])) {
      value = rest.shift()!;
    }
    if (sign === "" && takesNextWord(spec)) {
      const next = tail === "" ? rest.shift() : tail;
      if (tail === "" && (next === undefined || /^-./s.test(next))) {
        return { words, spellings, command: undefined, missing: { spec, spelling, next } };
      }
      value = next!;
    }
    const isSplit = sign === "" && tail !== "" && !takesNextWord(spec);
    origin = isSplit ? origin ?? word : undefined;
    if (isSplit) rest.unshift(`-${tail}`);
    if (!spellings.has(spec.long)) spellings.set(spec.long, spelling);
    words.push(`--${getParserName(spec)}=${value}`);
  }
  return { words, spellings, command: undefined, missing: undefined };
}
