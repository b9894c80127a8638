/**
 * Owns how text stands in a unit file (systemd.syntax(7), systemd.unit(5)), as systemd 252, 257 and 262
 * read it. It is pure.
 */

import { quote, TorcxError } from "../errors.ts";

/** Returns a value that is taken whole, such as a condition's path: only a percent sign starts something. */
export function escapeSpecifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

/** Returns one word of a list, such as `RequiresMountsFor=`, whatever it holds. */
export function quoteWord(text: string): string {
  const word = escapeSpecifiers(text).replace(/["\\]/g, "\\$&");
  // Quotes keep blanks together, and a word without is easier to read.
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(word) ? word : `"${word}"`;
}

/** Returns the word of `Environment=`: a dollar sign means nothing there, systemd.exec(5). */
export function quoteVariable(name: string, value: string): string {
  return quoteWord(`${name}=${value}`);
}

/**
 * Returns the program of `ExecStart=`. A dollar sign starts a variable in its arguments alone,
 * systemd.service(5).
 *
 * @throws {TorcxError} `invalid` if the path holds what systemd takes in no program's path.
 */
export function quoteProgram(path: string): string {
  if (/["'\\]/.test(path)) {
    throw new TorcxError("invalid", `Cannot write a unit for ${quote(path)}: systemd takes no such path`, {
      hint: "Install torcx where the path holds no quotes and no backslashes",
    });
  }
  return quoteWord(path);
}
