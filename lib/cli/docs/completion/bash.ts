/**
 * Owns the generator of bash completions. The script needs bash alone, not bash-completion. Pure.
 */

import { GROUPS } from "../../options/verbs.ts";
import { listVerbs } from "../help.ts";
import {
  type Candidates,
  getCandidates,
  listFlags,
  listNextWords,
  listSpellings,
  listValueFlags,
  quoteForShell,
} from "./candidates.ts";

/** Returns the script. */
export function formatBashCompletion(): string {
  const verbs = listVerbs();
  const groups = ["", ...GROUPS.keys()];
  return `# bash completion for torcx, made by "torcx completion bash"

# Prints how a value is completed: of flag $2 of verb $1, or of its positional number $2.
_torcx_kind() {
  case "$1 $2" in
${verbs.flatMap(formatPositionalKinds).join("\n")}
  esac
  case "$2" in
${formatFlagKinds().join("\n")}
  esac
}

# Prints the flags of verb $1.
_torcx_flags() {
  case "$1" in
${
    verbs.map((verb) =>
      `    ${quoteForShell(verb.command)}) echo ${quoteForShell(listFlagWords(listFlags(verb)))} ;;`
    ).join("\n")
  }
    *) echo ${quoteForShell(listFlagWords(listFlags()))} ;;
  esac
}

# Prints the words that may follow the words $1 of a verb; nothing if the verb is whole.
_torcx_verbs() {
  case "$1" in
${
    groups.map((group) =>
      `    ${quoteForShell(group)}) echo ${
        quoteForShell(listNextWords(group).map(({ word }) => word).join(" "))
      } ;;`
    ).join("\n")
  }
  esac
}

_torcx() {
  local line=\${COMP_LINE:0:COMP_POINT} blanks word i
  local -a words=()
  # bash splits words at "=" and ":" too: those without a blank between them are one.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    blanks=\${line%%[![:space:]]*}
    line=\${line#"$blanks"}
    word=\${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$line
    line=\${line#"$word"}
    if [[ $i -gt 0 && -z $blanks ]]; then words[\${#words[@]}-1]+=$word; else words+=("$word"); fi
  done

  local verb= flag= root= are_flags_over= index=0 current=\${words[\${#words[@]}-1]}
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    word=\${words[i]}
    if [[ -n $flag ]]; then
      [[ $flag == --root ]] && root=$word
      flag=
      continue
    fi
    if [[ -z $are_flags_over ]]; then
      case $word in
        --) are_flags_over=1; continue ;;
        --root=*) root=\${word#*=}; continue ;;
        ${listValueFlags().join("|")}) flag=$word; continue ;;
        -?*) continue ;;
      esac
    fi
    if [[ -n $(_torcx_verbs "$verb") ]]; then verb=\${verb:+$verb }$word; else ((index++)); fi
  done

  # What stands before the value in bash's own idea of the current word must not be repeated.
  local kind value=$current before=
  if [[ -n $flag ]]; then
    kind=$(_torcx_kind "$verb" "$flag")
  elif [[ -z $are_flags_over && $current == --*=* ]]; then
    kind=$(_torcx_kind "$verb" "\${current%%=*}")
    value=\${current#*=}
    [[ $COMP_WORDBREAKS == *=* ]] || before=\${current%%=*}=
  elif [[ -z $are_flags_over && $current == -* ]]; then
    kind="choices $(_torcx_flags "$verb")"
  elif [[ -n $(_torcx_verbs "$verb") ]]; then
    kind="choices $(_torcx_verbs "$verb")"
  else
    kind=$(_torcx_kind "$verb" "$index")
  fi

  local IFS=$'\\n' candidate
  COMPREPLY=()
  case $kind in
    files) compopt -o filenames; COMPREPLY=($(compgen -f -- "$value")) ;;
    directories) compopt -o filenames; COMPREPLY=($(compgen -d -- "$value")) ;;
    names\\ *) word=$(command torcx --root "\${root:-/}" __complete "\${kind#names }" 2> /dev/null) ;;
    choices\\ *) word=\${kind#choices }; word=\${word// /$'\\n'} ;;
  esac
  case $kind in
    names\\ * | choices\\ *)
      for candidate in $word; do
        [[ $candidate == "$value"* ]] || continue
        if [[ $value == *:* && $COMP_WORDBREAKS == *:* ]]; then candidate=\${candidate#"\${value%"\${value##*:}"}"}; fi
        COMPREPLY+=("$before$candidate")
      done ;;
  esac
}

complete -F _torcx torcx
`;
}

function listFlagWords(flags: ReturnType<typeof listFlags>): string {
  return flags.flatMap(listSpellings).sort().join(" ");
}

function formatPositionalKinds(verb: ReturnType<typeof listVerbs>[number]): string[] {
  return verb.positionals.map((positional, index) => {
    const pattern = `${quoteForShell(`${verb.command} `)}${positional.isRest === true ? "[0-9]*" : index}`;
    return `    ${pattern}) echo ${quoteForShell(formatKind(getCandidates(positional)!))}; return ;;`;
  });
}

/** A flag's name means the same with every verb, so that the verb need not be known. */
function formatFlagKinds(): string[] {
  const kinds = new Map<string, string>();
  for (const flag of listVerbs().flatMap((verb) => listFlags(verb))) {
    const candidates = getCandidates(flag);
    if (candidates === undefined) continue;
    kinds.set(listSpellings(flag).join(" | "), formatKind(candidates));
  }
  return [...kinds].map(([pattern, kind]) => `    ${pattern}) echo ${quoteForShell(kind)} ;;`);
}

function formatKind(candidates: Candidates): string {
  switch (candidates.kind) {
    case "choices":
      return `choices ${candidates.choices.join(" ")}`;
    case "names":
      return `names ${candidates.list}`;
    default:
      return candidates.kind;
  }
}
