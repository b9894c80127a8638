/**
 * Owns what can stand at a place of the command line, as the three shells' generators need it. Pure,
 * over the table of verbs.
 */

import {
  type FlagSpec,
  GLOBAL_FLAGS,
  GROUPS,
  type PositionalSpec,
  type VerbSpec,
} from "../../options/verbs.ts";
import { VALUE_TYPES, type ValueTypeName } from "../../options/value_types.ts";
import { listVerbs } from "../help.ts";

/** How a value is completed: from a fixed list, or by a kind that the shell or torcx knows. */
export type Candidates =
  | { readonly kind: "choices"; readonly choices: readonly string[] }
  | { readonly kind: "files" | "directories" | "none" }
  | { readonly kind: "names"; readonly list: string };

/** Returns how a flag's value or a positional is completed; undefined for a switch. */
export function getCandidates(spec: FlagSpec | PositionalSpec): Candidates | undefined {
  return spec.type === undefined ? undefined : getTypeCandidates(spec.type);
}

function getTypeCandidates(type: ValueTypeName): Candidates {
  const { choices, completion } = { choices: undefined, ...VALUE_TYPES[type] };
  if (choices !== undefined) return { kind: "choices", choices };
  switch (completion) {
    case "files":
    case "directories":
    case "none":
      return { kind: completion };
    case "verbs":
      return {
        kind: "choices",
        choices: [...new Set(listVerbs().flatMap(({ command }) => command.split(" ")))],
      };
    case "profiles":
    case "images":
    case "archives":
    case "origins":
    case "remotes":
      return { kind: "names", list: completion };
    default:
      return completion satisfies never;
  }
}

/** The flag `--help`, which is none of the table's: it becomes a verb. */
const HELP: FlagSpec = { key: "help", long: "help", short: "h", help: "Show help and exit" };

/** Returns all flags of a verb, or those before one. */
export function listFlags(verb?: VerbSpec): FlagSpec[] {
  return [...(verb?.flags ?? []), ...GLOBAL_FLAGS, HELP];
}

/** Returns the spellings of the flags whose value may be the next word, of any verb. */
export function listValueFlags(): string[] {
  const flags = listVerbs().flatMap((verb) => listFlags(verb));
  const taking = flags.filter(({ type, implied }) => type !== undefined && implied === undefined);
  return [...new Set(taking.flatMap(listSpellings))].sort();
}

/** Returns a flag's spellings, dashes included. */
export function listSpellings({ long, short }: Pick<FlagSpec, "long" | "short">): string[] {
  return short === undefined ? [`--${long}`] : [`--${long}`, `-${short}`];
}

/** A word that can follow the words of a verb so far, and what it stands for. */
export interface NextWord {
  readonly word: string;
  readonly help: string;
}

/** Returns the first words of verbs, or the second ones of a group. */
export function listNextWords(group: string): NextWord[] {
  if (group !== "") {
    return listVerbs().filter(({ command }) => command.startsWith(`${group} `))
      .map(({ command, summary }) => ({ word: command.slice(group.length + 1), help: summary }));
  }
  const single = listVerbs().filter(({ command }) => !command.includes(" "));
  return [
    ...single.map(({ command, summary }) => ({ word: command, help: summary })),
    ...[...GROUPS].map(([word, help]) => ({ word, help })),
  ];
}

/** Returns text in single quotes for bash and zsh. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
