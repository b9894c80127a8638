/** Owns the rows of the verbs on remotes. It refuses behaviour: data only. */

import type { VerbSpec } from "../spec.ts";
import { CA } from "./shared_flags.ts";

/** These verbs, in the order of the help. */
export const REMOTE_VERBS = [
  {
    command: "remote list",
    summary: "Lists the remotes that are configured",
    details: ["JSON of kind torcx-remote-list-v0, or a table. No server is asked."],
    positionals: [],
    flags: [],
    examples: [{ line: "torcx remote list", help: "all remotes" }],
  },
  {
    command: "remote show",
    summary: "Shows where a remote is and whose keys count",
    details: ["JSON of kind torcx-remote-v0, or text. No server is asked."],
    positionals: [{ key: "name", metavar: "NAME", type: "remote", help: "The remote" }],
    flags: [],
    examples: [{ line: "torcx remote show vendor", help: "one remote" }],
  },
  {
    command: "remote check",
    summary: "Asks a remote whether it is there, signed, and has what profiles want",
    details: [
      "JSON of kind torcx-remote-check-v0, or text. Nothing is fetched but the contents, and nothing is written.",
    ],
    positionals: [{ key: "name", metavar: "NAME", type: "remote", help: "The remote" }],
    flags: [
      CA,
      { key: "isOlderAllowed", long: "allow-older", help: "Accept contents older than those of before" },
    ],
    exits: { failed: "its contents cannot be had or trusted, or lack what a profile wants" },
    keeps: { isNetKept: true },
    examples: [{ line: "torcx remote check vendor", help: "before an update relies on it" }],
  },
] as const satisfies readonly VerbSpec[];
