/**
 * Owns the generator of fish completions. Pure.
 */

import { type FlagSpec, GROUPS, type VerbSpec } from "../../options/verbs.ts";
import { listVerbs } from "../help.ts";
import { type Candidates, getCandidates, listFlags, listNextWords, listValueFlags } from "./candidates.ts";

/** Returns the script. */
export function formatFishCompletion(): string {
  return `# fish completion for torcx, made by "torcx completion fish"

# Prints the words of the command line so far that are no flags or their values, one a line.
function __torcx_words
    set -l flag
    set -l are_flags_over
    for word in (commandline -opc)[2..]
        if test -n "$flag"
            set flag
        else if test -n "$are_flags_over"
            echo -- $word
        else
            switch $word
                case --
                    set are_flags_over 1
                case ${listValueFlags().join(" ")}
                    set flag $word
                case '-?*'
                case '*'
                    echo -- $word
            end
        end
    end
end

# Succeeds if the words so far are those given.
function __torcx_is
    set -l words (__torcx_words)
    test "$words" = "$argv"
end

# Succeeds if verb $argv[1] is given, with $argv[2] positionals after it (any number without it).
function __torcx_at
    set -l words (__torcx_words)
    set -l verb (string split ' ' -- $argv[1])
    set -l count (count $verb)
    test (count $words) -ge $count; or return 1
    test "$words[1..$count]" = "$argv[1]"; or return 1
    test (count $argv) -lt 2; or test (math (count $words) - $count) = $argv[2]
end

# Prints the names of list $argv[1] of the system that --root names.
function __torcx_names
    set -l root /
    set -l words (commandline -opc)
    for at in (seq (count $words))
        switch $words[$at]
            case --root
                set -q words[(math $at + 1)]; and set root $words[(math $at + 1)]
            case '--root=*'
                set root (string replace -- --root= '' $words[$at])
        end
    end
    command torcx --root $root __complete $argv[1] 2>/dev/null
end

complete -c torcx -f
${["", ...GROUPS.keys()].flatMap(formatGroup).join("\n")}
${listFlags().map((flag) => formatFlag("", flag)).join("\n")}
${listVerbs().flatMap(formatVerb).join("\n")}
`;
}

function formatGroup(group: string): string[] {
  return listNextWords(group).map(({ word, help }) =>
    `complete -c torcx -n ${quote(`__torcx_is ${group}`.trim())} -a ${word} -d ${quote(help)}`
  );
}

function formatVerb(verb: VerbSpec): string[] {
  const at = `__torcx_at ${quote(verb.command)}`;
  return [
    ...verb.flags.map((flag) => formatFlag(at, flag)),
    ...verb.positionals.map((positional, index) => {
      const condition = quote(positional.isRest === true ? at : `${at} ${index}`);
      return `complete -c torcx -n ${condition} ${formatArguments(getCandidates(positional)!)}`.trimEnd();
    }),
  ];
}

function formatFlag(condition: string, flag: FlagSpec): string {
  const candidates = getCandidates(flag);
  return [
    "complete -c torcx",
    condition === "" ? "" : `-n ${quote(condition)}`,
    flag.short === undefined ? "" : `-s ${flag.short}`,
    `-l ${flag.long}`,
    candidates === undefined || flag.implied !== undefined ? "" : "-r",
    candidates === undefined ? "" : formatArguments(candidates),
    `-d ${quote(flag.help)}`,
  ].filter((part) => part !== "").join(" ");
}

function formatArguments(candidates: Candidates): string {
  switch (candidates.kind) {
    case "choices":
      return `-a ${quote(candidates.choices.join(" "))}`;
    case "names":
      return `-a ${quote(`(__torcx_names ${candidates.list})`)}`;
    case "files":
      return "-F";
    case "directories":
      return `-a '(__fish_complete_directories)'`;
    case "none":
      return "";
    default:
      return candidates satisfies never;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
