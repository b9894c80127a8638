/**
 * Owns the manual pages torcx(8) and torcx-generator(8) as roff in the man(7) macros, made from the
 * tables of verbs, settings and variables and from `man_text.ts`. Pure; the hidden verb `man` prints them.
 */

import { EXIT_STATUSES, formatExitNumber } from "../../exit.ts";
import { COMMAND_FLAGS, type FlagSpec, GLOBAL_FLAGS, type VerbSpec } from "../options/verbs.ts";
import type { MAN_PAGES } from "../options/value_types.ts";
import { formatPositional, getMetavar, listUsageParts } from "../options/usage.ts";
import { listExits, listVerbs } from "./help.ts";
import {
  FILES,
  FINDINGS_TEXT,
  GENERATOR_ARGUMENTS,
  GENERATOR_DESCRIPTION,
  GENERATOR_EXITS,
  JSON_PROMISE,
  TORCX_DESCRIPTION,
} from "./man_text.ts";
import { type Entry, listParameterEntries, listSettingEntries, listVariableEntries } from "./setting_text.ts";
import { FINDING_CODES, type FindingCode, getFindingRow } from "../../image/findings/table.ts";
import { OUTPUT_KINDS, type OutputKindRow } from "../../manifest/outputs/kinds.ts";
import { VERSION } from "../../version.ts";

/** The day of the last change of the pages' own text, so that a build of one commit is reproducible. */
const DATE = "2026-11-25";

/** The longest input line, in bytes. */
const LINE_MAX = 80;

/** Returns a manual page. */
export function formatManPage(page: (typeof MAN_PAGES)[number]): string {
  switch (page) {
    case "torcx":
      return formatTorcxPage();
    case "torcx-generator":
      return formatGeneratorPage();
    default:
      return page satisfies never;
  }
}

function formatTorcxPage(): string {
  return join([
    formatTitle("torcx", "addon manager for systems with an immutable base OS"),
    ".SH SYNOPSIS",
    ".B torcx",
    ".I VERB",
    // The zero-width mark keeps the dots from ending a sentence.
    "[\\fIOPTION\\fR ...]\\&",
    "[\\fIARGUMENT\\fR ...]\\&",
    ".SH DESCRIPTION",
    ...formatParagraphs(TORCX_DESCRIPTION),
    ".SH OPTIONS",
    "These options go with every verb, before or after it.",
    ...[...GLOBAL_FLAGS, ...COMMAND_FLAGS].flatMap((flag) => formatFlagEntry(flag)),
    ".SH VERBS",
    ...listVerbs().flatMap(formatVerb),
    ".SH EXIT STATUS",
    ...EXIT_STATUSES.flatMap((status) => formatExit([formatExitNumber(status), status.help])),
    ".PP",
    "Verbs for which they mean something of their own say so above.",
    ".SH JSON",
    ...formatParagraphs(JSON_PROMISE),
    ...formatEntries(OUTPUT_KINDS.map(describeOutputKind)),
    ".SH WARNINGS OF IMAGES",
    ...formatParagraphs(FINDINGS_TEXT),
    ...formatEntries(FINDING_CODES.map(describeFinding)),
    ".SH SETTINGS",
    ...formatEntries(listSettingEntries()),
    ".SH ENVIRONMENT",
    ...formatEntries(listVariableEntries()),
    ".SH FILES",
    ...formatEntries(FILES),
    ".SH SEE ALSO",
    formatReferences([["torcx-generator", 8], ["systemd.generator", 7], ["os-release", 5]]),
  ]);
}

function describeFinding(code: FindingCode): Entry {
  const { severity, text, hint } = getFindingRow(code);
  const sentences = [
    text,
    ...(severity === "error" ? ["It is an error"] : []),
    ...(hint === undefined ? [] : [hint]),
  ];
  return { term: code, text: sentences.join(". ") };
}

function describeOutputKind({ kind, verb, flag }: OutputKindRow): Entry {
  return { term: kind, text: `Printed by torcx ${verb}${flag === undefined ? "" : ` with ${flag}`}` };
}

function formatGeneratorPage(): string {
  return join([
    formatTitle("torcx-generator", "applies torcx profiles at boot"),
    ".SH SYNOPSIS",
    ".B torcx-generator",
    "[\\fINORMAL_DIR\\fR \\fIEARLY_DIR\\fR \\fILATE_DIR\\fR]",
    ".SH DESCRIPTION",
    ...formatParagraphs(GENERATOR_DESCRIPTION),
    ".SH ARGUMENTS",
    ...formatEntries(GENERATOR_ARGUMENTS),
    ".SH KERNEL COMMAND LINE",
    ...formatEntries(listParameterEntries()),
    ".SH EXIT STATUS",
    ...formatEntries(GENERATOR_EXITS),
    ".SH ENVIRONMENT",
    ...formatEntries(listVariableEntries()),
    ".SH FILES",
    ...formatEntries(FILES),
    ".SH SEE ALSO",
    formatReferences([["torcx", 8], ["systemd.generator", 7], ["bootup", 7], ["kernel-command-line", 7]]),
  ]);
}

function formatTitle(name: string, purpose: string): string {
  const title = name.toUpperCase().replaceAll("-", "\\-");
  return `.TH ${title} 8 "${DATE}" "torcx ${VERSION}"\n.SH NAME\n${escape(name)} \\- ${escape(purpose)}`;
}

function formatVerb(verb: VerbSpec): string[] {
  const usage = listUsageParts(verb).map((part) => escape(part).replaceAll(" ", "\\ ")).join(" ");
  return [
    `.SS ${escape(verb.command)}${usage === "" ? "" : ` ${usage}`}`,
    ...formatParagraphs([`${verb.summary}.`, ...verb.details]),
    ...verb.positionals.flatMap((positional) =>
      formatEntry(`.I ${escape(formatPositional(positional))}`, `${positional.help}.`)
    ),
    ...verb.flags.flatMap((flag) => formatFlagEntry(flag)),
    ...(verb.exits === undefined ? [] : [".PP", "Exit status:", ...listExits(verb).flatMap(formatExit)]),
    ".PP",
    "Examples:",
    ...verb.examples.flatMap(({ line, help }) => formatEntry(`.B ${escape(line)}`, `${capitalize(help)}.`)),
  ];
}

function formatExit([number, text]: readonly [string, string]): string[] {
  return formatEntry(`.B ${number}`, `${capitalize(text)}.`);
}

function formatFlagEntry(flag: Pick<FlagSpec, "long" | "short" | "help"> & Partial<FlagSpec>): string[] {
  const metavar = getMetavar(flag as FlagSpec);
  const value = metavar === undefined ? "" : `\\fI${escape(metavar)}\\fR`;
  const suffix = metavar === undefined ? "" : flag.implied === undefined ? ` ${value}` : `[=${value}]`;
  const short = flag.short === undefined ? "" : `\\fB\\-${flag.short}\\fR, `;
  const variable = flag.variable === undefined ? "" : ` The variable ${flag.variable} stands for it.`;
  return formatEntry(`${short}\\fB${escape(`--${flag.long}`)}\\fR${suffix}`, `${flag.help}.${variable}`);
}

function formatEntries(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ term, text }) => formatEntry(`.B ${escape(term)}`, text));
}

function formatEntry(term: string, text: string): string[] {
  return [".TP", term, ...formatSentences(text)];
}

function formatParagraphs(texts: readonly string[]): string[] {
  return texts.flatMap((text, index) => [...(index === 0 ? [] : [".PP"]), ...formatSentences(text)]);
}

/** One sentence a line, as roff wants it, and none longer than what mandoc's lint allows. */
function formatSentences(text: string): string[] {
  const sentences = text.replace(/\.? *$/, ".").split(/(?<=[.:;]) (?=[A-Z])/);
  return sentences.flatMap((sentence) => {
    const lines: string[] = [];
    let line = "";
    for (const word of sentence.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && escape(longer).length > LINE_MAX) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line].map(escape);
  });
}

function formatReferences(pages: readonly (readonly [string, number])[]): string {
  return pages.map(([name, section], index) =>
    `.BR ${escape(name)} (${section})${index === pages.length - 1 ? "" : " ,"}`
  ).join("\n");
}

/** Escapes text for roff: backslashes, dashes that must stay ASCII, and what would start a request. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("…", "...").replace(/^[.']/, "\\&$&");
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function join(lines: readonly string[]): string {
  return lines.join("\n") + "\n";
}
