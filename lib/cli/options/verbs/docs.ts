/** Owns the rows of the verbs that tell of the program itself: completion, help, version, and the hidden ones. It refuses behaviour: data only. */

import type { VerbSpec } from "../spec.ts";

/** These verbs, in the order of the help. */
export const DOCS_VERBS = [
  {
    command: "completion",
    summary: "Prints the completions of a shell",
    details: [],
    positionals: [{ key: "shell", metavar: "SHELL", type: "shell", help: "bash, zsh or fish" }],
    flags: [],
    examples: [
      { line: "torcx completion bash > /usr/share/bash-completion/completions/torcx", help: "install them" },
      { line: "source <(torcx completion bash)", help: "try them" },
    ],
  },
  {
    command: "help",
    summary: "Shows help of torcx or of a verb",
    details: [],
    positionals: [
      { key: "topic", metavar: "VERB", type: "verb", isOptional: true, isRest: true, help: "The verb" },
    ],
    flags: [],
    examples: [{ line: "torcx help profile new", help: "the same as torcx profile new --help" }],
  },
  {
    command: "version",
    summary: "Shows the version of torcx and of what it is built with",
    details: ["Text also in a pipe; JSON only with --output json."],
    positionals: [],
    flags: [],
    examples: [{ line: "torcx --version", help: "the same" }],
  },
  {
    command: "man",
    summary: "Prints a manual page",
    details: [],
    positionals: [{ key: "page", metavar: "PAGE", type: "page", help: "torcx or torcx-generator" }],
    flags: [],
    examples: [{ line: "torcx man torcx > torcx.8", help: "write it to a file" }],
    isHidden: true,
  },
  {
    command: "__complete",
    summary: "Lists names for the completions of shells",
    details: [],
    positionals: [{
      key: "list",
      metavar: "LIST",
      type: "list",
      help: "profiles, images, archives, origins or remotes",
    }],
    flags: [],
    examples: [{ line: "torcx __complete profiles", help: "one name a line" }],
    isHidden: true,
  },
] as const satisfies readonly VerbSpec[];
