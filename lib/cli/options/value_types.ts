/**
 * Owns what the text of a flag or positional may be: one parser, placeholder and completion per
 * value type. It refuses the disk: whether a name exists is found out by the command.
 */

import { quote, TorcxError } from "../../errors.ts";
import { parseOsVersion } from "../../config/os_release.ts";
import { LOG_LEVELS, type LogLevel } from "../../log.ts";
import {
  type ImageName,
  type ImageReference,
  parseImageName,
  parseImageReference,
  parseProfileName,
} from "../../manifest/names.ts";
import { findNearest } from "../../suggestions.ts";

/** How a shell completes a value: from the file system, the running system, or a fixed list. */
export type Completion = "none" | "files" | "directories" | "verbs" | (typeof COMPLETION_LISTS)[number];

/** One kind of value on the command line. */
export interface ValueType<T> {
  /** The placeholder in help texts. */
  readonly metavar: string;
  readonly completion: Completion;
  /** All allowed texts, where they are few. */
  readonly choices?: readonly string[];
  /** Throws a TorcxError whose message says what is wrong. */
  readonly parse: (text: string) => T;
}

/** An image as `profile use-image` takes it; the empty reference drops the image of lower profiles. */
export interface ImageArgument {
  readonly name: ImageName;
  readonly reference: ImageReference | "";
}

/** How results are written; `auto` is text on a terminal and JSON elsewhere. */
export type OutputFormat = "auto" | "json" | "text";

const OUTPUT_FORMATS = ["auto", "json", "text", "table"] as const;

/** The shells that completions are made for. */
const SHELLS = ["bash", "zsh", "fish"] as const;
/** The manual pages. */
export const MAN_PAGES = ["torcx", "torcx-generator"] as const;
/** What the hidden verb `__complete` lists. */
const COMPLETION_LISTS = ["profiles", "images", "archives", "origins", "remotes"] as const;

/** Truth values as Go's strconv.ParseBool takes them: scripts for the first torcx use them. */
const TRUE_TEXTS = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE_TEXTS = ["0", "f", "F", "FALSE", "false", "False"];

/** Every value type of the command line, by the name that the table of verbs uses. */
export const VALUE_TYPES = {
  file: makeType("PATH", "files", parseText),
  directory: makeType("DIR", "directories", parseText),
  profile: makeType("NAME", "profiles", parseProfileName),
  image: makeType("NAME", "images", parseImageName),
  imageArgument: makeType("IMAGE:REFERENCE", "archives", parseImageArgument),
  origin: makeType("NAME", "origins", parseText),
  remote: makeType("NAME", "remotes", parseText),
  version: makeType("VER", "none", parseOsVersion),
  boolean: { ...makeType("BOOL", "none", parseBoolean), choices: ["true", "false"] },
  level: { ...makeType("LEVEL", "none", parseLevel), choices: LOG_LEVELS },
  output: { ...makeType("FORMAT", "none", parseOutputFormat), choices: OUTPUT_FORMATS },
  allow: makeChoice("WHAT", ["missing"]),
  format: makeChoice("FORMAT", ["tgz", "squashfs"]),
  size: makeType("SIZE", "none", parseSize),
  seconds: makeType("SECONDS", "none", parseSeconds),
  shell: makeChoice("SHELL", SHELLS),
  page: makeChoice("PAGE", MAN_PAGES),
  list: makeChoice("LIST", COMPLETION_LISTS),
  verb: makeType("VERB", "verbs", parseText),
} as const;

/** The name of a value type. */
export type ValueTypeName = keyof typeof VALUE_TYPES;

/** What a value type's text becomes. */
export type ValueOf<T extends ValueTypeName> = ReturnType<(typeof VALUE_TYPES)[T]["parse"]>;

function makeType<T>(metavar: string, completion: Completion, parse: (text: string) => T): ValueType<T> {
  return { metavar, completion, parse };
}

function makeChoice<const T extends string>(metavar: string, choices: readonly T[]): ValueType<T> {
  return { metavar, completion: "none", choices, parse: (text) => parseChoice(text, choices) };
}

function refuse(text: string, reason: string, hint?: string): never {
  throw new TorcxError(
    "invalid",
    `Cannot use ${quote(text)}: ${reason}`,
    hint === undefined ? {} : { hint },
  );
}

function parseChoice<T extends string>(text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) {
    const nearest = findNearest(text, choices);
    const reason = choices.length === 1
      ? `only ${choices[0]} is allowed`
      : `it is none of ${choices.join(", ")}`;
    refuse(text, reason, nearest === undefined ? undefined : `Did you mean "${nearest}"?`);
  }
  return choice;
}

function parseText(text: string): string {
  if (text === "") refuse(text, "it is empty");
  if (text.includes("\0")) refuse(text, "it holds a NUL character");
  return text;
}

function parseBoolean(text: string): boolean {
  if (TRUE_TEXTS.includes(text)) return true;
  if (FALSE_TEXTS.includes(text)) return false;
  return refuse(text, "it is neither true nor false");
}

function parseLevel(text: string): LogLevel {
  const lower = text.toLowerCase();
  // The first torcx's log library took this short form too.
  return parseChoice(lower === "warn" ? "warning" : lower, LOG_LEVELS);
}

function parseOutputFormat(text: string): OutputFormat {
  const choice = parseChoice(text, OUTPUT_FORMATS);
  return choice === "table" ? "text" : choice;
}

/** Binary units, as the setting `unpack_size` has them. */
const SIZE_UNITS = ["", "K", "M", "G", "T"];

/** Returns a size in bytes. */
function parseSize(text: string): number {
  const [, digits = "", unit = ""] = /^([0-9]{1,15})([KMGT]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** SIZE_UNITS.indexOf(unit.toUpperCase());
  if (digits === "" || !Number.isSafeInteger(bytes) || bytes === 0) {
    return refuse(text, "it is no size", "Write a number of bytes, or one with K, M, G or T");
  }
  return bytes;
}

/** Two weeks: longer waits overflow the clock's numbers. */
const SECONDS_MAX = 14 * 86_400;

function parseSeconds(text: string): number {
  const seconds = /^[0-9]{1,9}(?:\.[0-9]{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds === 0 || seconds > SECONDS_MAX) {
    return refuse(text, `it is no number of seconds from 0.001 to ${SECONDS_MAX}`);
  }
  return seconds;
}

function parseImageArgument(text: string): ImageArgument {
  const colon = text.lastIndexOf(":");
  if (colon === -1) refuse(text, "it has no reference", 'Write NAME:REFERENCE, e.g. "docker:17.06"');
  const reference = text.slice(colon + 1);
  return {
    name: parseImageName(text.slice(0, colon)),
    reference: reference === "" ? "" : parseImageReference(reference),
  };
}
