/**
 * Owns the short notation of a verb's use, e.g. `torcx profile set-next NAME`. Pure; help, manual
 * pages and the errors of the options parser show it.
 */

import type { FlagSpec, PositionalSpec, VerbSpec } from "./verbs.ts";
import { VALUE_TYPES } from "./value_types.ts";

/** Returns the placeholder of a flag's value, undefined for a switch. */
export function getMetavar(flag: FlagSpec): string | undefined {
  return flag.type === undefined ? undefined : flag.metavar ?? VALUE_TYPES[flag.type].metavar;
}

/** Returns a flag as one writes it: `--name NAME`, `--verbose[=LEVEL]`, `--deep`. */
export function formatFlag(flag: FlagSpec): string {
  const metavar = getMetavar(flag);
  if (metavar === undefined) return `--${flag.long}`;
  return flag.implied === undefined ? `--${flag.long} ${metavar}` : `--${flag.long}[=${metavar}]`;
}

/** Returns a positional as one writes it: `NAME`, `[NAME]`, `[VERB…]`. */
export function formatPositional(positional: PositionalSpec): string {
  const name = `${positional.metavar}${positional.isRest === true ? "…" : ""}`;
  return positional.isOptional === true ? `[${name}]` : name;
}

/** Returns the parts of a verb's use after its name: flags, then positionals. */
export function listUsageParts(verb: VerbSpec): string[] {
  const parts: string[] = [];
  const done = new Set<string>();
  for (const flag of verb.flags) {
    if (done.has(flag.key)) continue;
    const choice = verb.choices?.find(({ keys }) => keys.includes(flag.key));
    if (choice !== undefined) {
      const members = verb.flags.filter(({ key }) => choice.keys.includes(key));
      for (const { key } of members) done.add(key);
      const text = members.map(formatFlag).join(" | ");
      parts.push(choice.isRequired ? `(${text})` : `[${text}]`);
      continue;
    }
    const text = `${formatFlag(flag)}${flag.isRepeated === true ? "…" : ""}`;
    parts.push(flag.isRequired === true ? text : `[${text}]`);
  }
  return [...parts, ...verb.positionals.map(formatPositional)];
}

/** Returns the whole use of a verb in one line. */
export function formatUsage(verb: VerbSpec): string {
  return ["torcx", verb.command, ...listUsageParts(verb)].join(" ");
}
