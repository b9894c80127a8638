/**
 * Owns the one table of verbs, flags and positionals. Parsing, help, completions and manual pages
 * are made from it, so that they cannot disagree. It refuses behaviour: data only.
 */

import type { FlagSpec, VerbSpec } from "./spec.ts";
import { CONFIG_VERBS } from "./verbs/config.ts";
import { DOCS_VERBS } from "./verbs/docs.ts";
import { IMAGE_VERBS } from "./verbs/image.ts";
import { PROFILE_VERBS } from "./verbs/profile.ts";
import { REMOTE_VERBS } from "./verbs/remote.ts";
import { SYSTEM_VERBS } from "./verbs/system.ts";

export type { ExampleSpec, FlagSpec, PositionalSpec, VerbSpec } from "./spec.ts";

/** The flags of every verb. */
export const GLOBAL_FLAGS = [
  {
    key: "root",
    long: "root",
    type: "directory",
    fallback: "/",
    help: "Work on the system below DIR; every other path is then inside it",
  },
  {
    key: "output",
    long: "output",
    type: "output",
    fallback: "auto",
    help: "Write results as json or text (table is the same); without it, text on a terminal, JSON elsewhere",
  },
  {
    key: "verbose",
    long: "verbose",
    short: "v",
    type: "level",
    implied: "info",
    fallback: "warning",
    help: "Log down to LEVEL on standard error: panic, fatal, error, warning, info or debug",
  },
] as const satisfies readonly FlagSpec[];

/** Flags that become a command of their own. */
export const COMMAND_FLAGS = [
  { long: "help", short: "h", help: "Show help and exit" },
  { long: "version", help: "Show the version and exit; only before a verb" },
] as const;

/** What the first word of two-word verbs stands for. */
export const GROUPS: ReadonlyMap<string, string> = new Map([
  ["profile", "Work with profiles: the lists of images that a boot applies"],
  ["image", "Work with images and the archives that hold them"],
  ["remote", "Work with remotes: signed collections of archives on servers"],
  ["config", "Work with settings"],
]);

/** Every verb, in the order of the help. */
export const VERBS = [
  ...SYSTEM_VERBS,
  ...PROFILE_VERBS,
  ...IMAGE_VERBS,
  ...REMOTE_VERBS,
  ...CONFIG_VERBS,
  ...DOCS_VERBS,
] as const satisfies readonly VerbSpec[];
