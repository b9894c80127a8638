/** Owns the numbers that a task of the tests takes on its command line. It refuses defaults. */

import { parseArgs } from "@std/cli/parse-args";

/**
 * Returns the numbers that are given as `--NAME N` or `--NAME=N`.
 *
 * @throws {TypeError} if something else is given, or what is no whole number.
 */
export function parseNumberFlags<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
): Partial<Record<Name, number>> {
  const unexpected: string[] = [];
  const parsed: Record<string, unknown> = parseArgs([...args], {
    string: [...names],
    unknown: (arg) => {
      unexpected.push(arg);
      return false;
    },
  });
  if (unexpected.length > 0) throw new TypeError(`"${unexpected[0]}" is none of --${names.join(", --")}`);
  const numbers: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const text = parsed[name];
    if (text === undefined) continue;
    if (!/^[0-9]+$/.test(String(text)) || !Number.isSafeInteger(Number(text))) {
      throw new TypeError(`--${name} takes a whole number`);
    }
    numbers[name] = Number(text);
  }
  return numbers;
}
