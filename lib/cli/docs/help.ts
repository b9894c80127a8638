/**
 * Owns the help texts, made from the table of verbs. Pure; the help command shows them.
 */

import { EXIT_STATUSES, type ExitName, formatExitNumber } from "../../exit.ts";
import {
  COMMAND_FLAGS,
  type ExampleSpec,
  type FlagSpec,
  GLOBAL_FLAGS,
  GROUPS,
  VERBS,
  type VerbSpec,
} from "../options/verbs.ts";
import { formatFlag, listUsageParts } from "../options/usage.ts";
import { findVerb } from "../options/split_argv.ts";
import { wrapText, wrapWords } from "../output.ts";

/** What every verb may end with. */
const GENERAL_EXITS: readonly ExitName[] = ["done", "failed", "usage", "signal"];

/** Returns the help of a verb, of a group of verbs, or of the whole program for an empty topic. */
export function formatHelp(topic: readonly string[]): string {
  const name = topic.join(" ");
  const verb = findVerb(name);
  return verb === undefined ? formatOverview(name) : formatVerbHelp(verb);
}

/** Lists the verbs that are not hidden. */
export function listVerbs(): VerbSpec[] {
  return VERBS.filter((verb: VerbSpec) => verb.isHidden !== true);
}

/** Returns the exit statuses of a verb as number and meaning, its own words in place of the general ones. */
export function listExits(verb: VerbSpec): [string, string][] {
  return EXIT_STATUSES.flatMap((status): [string, string][] => {
    const own = verb.exits?.[status.name];
    if (own === undefined && !GENERAL_EXITS.includes(status.name)) return [];
    return [[formatExitNumber(status), typeof own === "string" ? own : status.help]];
  });
}

function formatOverview(group: string): string {
  const isWhole = group === "";
  const verbs = listVerbs().filter(({ command }) => isWhole || command.startsWith(`${group} `));
  const head = isWhole
    ? "torcx applies addon images to a system with an immutable base OS, at most once per boot"
    : GROUPS.get(group)!;
  return [
    head,
    "",
    `Usage: torcx ${isWhole ? "VERB" : `${group} VERB`} [OPTION…] [ARGUMENT…]`,
    "",
    "Verbs:",
    ...formatRows(verbs.map(({ command, summary }) => [command, summary])),
    "",
    "Options of every verb:",
    ...formatRows([...GLOBAL_FLAGS, ...COMMAND_FLAGS].map(toRow)),
    "",
    `Help of one verb: torcx ${isWhole ? "VERB" : `${group} VERB`} --help`,
    "",
  ].join("\n");
}

function formatVerbHelp(verb: VerbSpec): string {
  const sections: string[][] = [
    [verb.summary],
    wrapWords([`Usage: torcx ${verb.command}`, ...listUsageParts(verb)], "", "         "),
  ];
  if (verb.details.length > 0) sections.push(verb.details.flatMap((text) => wrapText(text, "", "")));
  if (verb.positionals.length > 0) {
    sections.push([
      "Arguments:",
      ...formatRows(verb.positionals.map(({ metavar, help }) => [metavar, help])),
    ]);
  }
  if (verb.flags.length > 0) sections.push(["Options:", ...formatRows(verb.flags.map(toRow))]);
  sections.push(["Options of every verb:", ...formatRows([...GLOBAL_FLAGS, COMMAND_FLAGS[0]].map(toRow))]);
  sections.push([
    "Exit status:",
    ...listExits(verb).flatMap(([number, text]) => wrapText(text, `  ${number}: `, "    ")),
  ]);
  sections.push(["Examples:", ...verb.examples.flatMap(formatExample)]);
  return sections.map((lines) => lines.join("\n")).join("\n\n") + "\n";
}

function formatExample({ line, help }: ExampleSpec): string[] {
  return [`  ${line}`, `      ${help}`];
}

function toRow(flag: Pick<FlagSpec, "long" | "short" | "help"> & Partial<FlagSpec>): [string, string] {
  const name = formatFlag(flag as FlagSpec);
  const variable = flag.variable === undefined ? "" : `; also by variable ${flag.variable}`;
  return [flag.short === undefined ? `    ${name}` : `-${flag.short}, ${name}`, `${flag.help}${variable}`];
}

function formatRows(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) => wrapText(text, `  ${name.padEnd(width)}  `, " ".repeat(width + 4)));
}
