/**
 * Owns the generator of zsh completions, over zsh's own `_arguments`. Pure.
 */

import { type FlagSpec, GROUPS, type VerbSpec } from "../../options/verbs.ts";
import { formatPositional, getMetavar } from "../../options/usage.ts";
import { listVerbs } from "../help.ts";
import {
  type Candidates,
  getCandidates,
  listFlags,
  listNextWords,
  listSpellings,
  quoteForShell,
} from "./candidates.ts";

/** Returns the script. */
export function formatZshCompletion(): string {
  return `#compdef torcx
# zsh completion for torcx, made by "torcx completion zsh"

# Completes the names of list $1 of the system that --root names.
_torcx_names() {
  local -a names
  names=(\${(f)"$(command torcx $torcx_root __complete $1 2> /dev/null)"})
  compadd -a names
}

${["", ...GROUPS.keys()].map(formatGroup).join("\n")}
${listVerbs().map(formatVerb).join("\n")}
_torcx() {
  local -a torcx_root
  local at
  for ((at = 2; at < CURRENT; at++)); do
    case $words[at] in
      (--root) torcx_root=(--root \${(Q)words[at+1]}) ;;
      (--root=*) torcx_root=(--root \${(Q)words[at]#--root=}) ;;
    esac
  done
  _torcx_group_
}

if [[ $funcstack[1] == _torcx ]]; then _torcx "$@"; else compdef _torcx torcx; fi
`;
}

function formatGroup(group: string): string {
  const next = listNextWords(group);
  const items = next.map(({ word, help }) =>
    `    ${quoteForShell(`${word}:${help.replaceAll(":", "\\:")}`)}`
  );
  const cases = next.map(({ word }) => {
    const name = [group, word].filter((part) => part !== "").join(" ");
    return `        (${word}) _torcx_${GROUPS.has(name) ? "group" : "verb"}_${toIdentifier(name)} ;;`;
  });
  return `_torcx_group_${toIdentifier(group)}() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a verbs=(
${items.join("\n")}
  )
  _arguments -C -s -S ${formatSpecs(listFlags().map((flag) => formatFlagSpec(flag, [])))} \\
    '1: :->verb' '*:: :->rest' && return
  case $state in
    (verb) _describe -t verbs verb verbs ;;
    (rest)
      case $words[1] in
${cases.join("\n")}
      esac ;;
  esac
}
`;
}

function formatVerb(verb: VerbSpec): string {
  const flags = listFlags(verb).map((flag) => {
    const others = (verb.choices ?? []).filter(({ keys }) => keys.includes(flag.key)).flatMap(({ keys }) =>
      keys
    );
    return formatFlagSpec(flag, verb.flags.filter(({ key }) => others.includes(key)));
  });
  const positionals = verb.positionals.map((positional, index) => {
    const place = positional.isRest === true ? "*" : `${index + 1}`;
    const separator = positional.isOptional === true && positional.isRest !== true ? "::" : ":";
    const name = escapeColons(formatPositional({ ...positional, metavar: positional.metavar }));
    return [quoteForShell(`${place}${separator}${name}:${formatAction(getCandidates(positional)!)}`)];
  });
  return `_torcx_verb_${toIdentifier(verb.command)}() {
  _arguments -s -S ${formatSpecs([...flags, ...positionals])}
}
`;
}

/** One spec of `_arguments` per spelling; a flag excludes itself and what clashes with it. */
function formatFlagSpec(flag: FlagSpec, clashing: readonly FlagSpec[]): string[] {
  const excluded = [...new Set([flag, ...clashing].flatMap(listSpellings))];
  const isAgain = flag.isRepeated === true || flag.key === "verbose";
  const head = isAgain ? "*" : `(${excluded.join(" ")})`;
  const candidates = getCandidates(flag);
  const help = `[${flag.help.replaceAll("]", "\\]").replaceAll(":", "\\:")}]`;
  return listSpellings(flag).map((spelling) => {
    if (candidates === undefined) return quoteForShell(`${head}${spelling}${help}`);
    const value = `${escapeColons(getMetavar(flag)!)}:${formatAction(candidates)}`;
    // "=-": a value that may be left out is never the next word.
    if (flag.implied !== undefined) return quoteForShell(`${head}${spelling}=-${help}::${value}`);
    return quoteForShell(`${head}${spelling}${spelling.startsWith("--") ? "=" : "+"}${help}:${value}`);
  });
}

function formatSpecs(specs: readonly (readonly string[])[]): string {
  return specs.flat().map((spec) => `\\\n    ${spec}`).join(" ");
}

function formatAction(candidates: Candidates): string {
  switch (candidates.kind) {
    case "choices":
      return `(${candidates.choices.join(" ")})`;
    case "names":
      return `{_torcx_names ${candidates.list}}`;
    case "files":
      return "_files";
    case "directories":
      return "_directories";
    case "none":
      return " ";
    default:
      return candidates satisfies never;
  }
}

function escapeColons(text: string): string {
  return text.replaceAll(":", "\\:");
}

function toIdentifier(name: string): string {
  return name.replaceAll(/[ -]/g, "_");
}
