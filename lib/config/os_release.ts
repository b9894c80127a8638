/** Owns the os-release format and what of its VERSION_ID can name a directory. It refuses disk access. */

import { quote, TorcxError } from "../errors.ts";

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/;

/**
 * Parses os-release(5): assignments with shell quotes, `#` comments, blank lines; other lines count
 * for nothing. The last assignment of a key wins.
 */
export function parseOsRelease(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = ASSIGNMENT.exec(line.trim());
    if (match !== null) values.set(match[1]!, unquote(match[2]!));
  }
  return values;
}

/** Strips shell quotes and escapes; an unquoted blank ends the value. */
function unquote(text: string): string {
  let out = "";
  let quoteChar = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quoteChar === "'") {
      if (char === "'") quoteChar = "";
      else out += char;
    } else if (char === "\\" && at + 1 < text.length) {
      const next = text[++at]!;
      // Inside double quotes a backslash escapes only what would be special there.
      if (quoteChar === '"' && !'"\\$`'.includes(next)) out += char;
      out += next;
    } else if (char === quoteChar) quoteChar = "";
    else if (quoteChar === "" && (char === '"' || char === "'")) quoteChar = char;
    else if (quoteChar === "" && (char === " " || char === "\t")) break;
    else out += char;
  }
  return out;
}

/** What os-release(5) allows in VERSION_ID, and upper case, `+` and `~`, which distributions use. */
const OS_VERSION = /^[A-Za-z0-9_+~-][A-Za-z0-9._+~-]*$/;

/** Returns whether a VERSION_ID can name the directory of a versioned store. */
export function isOsVersion(text: string): boolean {
  return OS_VERSION.test(text) && text.length <= 255;
}

/**
 * Parses the VERSION_ID of an option.
 *
 * @throws {TorcxError} `invalid` if it cannot name the directory of a versioned store.
 */
export function parseOsVersion(text: string): string {
  if (isOsVersion(text)) return text;
  throw new TorcxError("invalid", `Cannot use ${quote(text)} as an OS version: it cannot name a directory`, {
    hint: "Give a VERSION_ID as in os-release(5)",
  });
}
