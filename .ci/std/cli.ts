/**
 * What this project uses of @std/cli: `parseArgs` with the options string, boolean, collect, alias,
 * default, stopEarly, unknown and `--`. It gives what the real one gives, odd cases included (a bare
 * `-5` is an option, `--name -x` is an empty name, `1.10` becomes 1.1 unless `string` says otherwise).
 */

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions {
  "--"?: boolean;
  alias?: Record<string, string | readonly string[]>;
  boolean?: string | readonly string[];
  collect?: string | readonly string[];
  default?: Record<string, unknown>;
  stopEarly?: boolean;
  string?: string | readonly string[];
  /** Is asked about each argument that the other options do not name; `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Result of {@linkcode parseArgs}. */
export interface Args {
  [name: string]: unknown;
  _: (string | number)[];
  "--"?: string[];
}

const NUMBER = /^(0x[0-9a-f]+|[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?)$/i;

/** Returns the options and positionals of an argument list. */
export function parseArgs(list: readonly string[], options: ParseOptions = {}): Args {
  const aliases = listAliases(options.alias ?? {});
  const named = (names: string | readonly string[] = []): Set<string> =>
    new Set([names].flat().flatMap((name) => [name, ...aliases.get(name) ?? []]));
  const booleans = named(options.boolean);
  const strings = named(options.string);
  const collected = named(options.collect);
  const result: Args = { _: [] };

  const set = (key: string, value: string | boolean, arg: string): void => {
    const isKnown = booleans.has(key) || strings.has(key) || aliases.has(key);
    if (!isKnown && options.unknown?.(arg, key, value) === false) return;
    const typed = typeof value === "string" && !strings.has(key) ? toNumber(value) : value;
    for (const name of [key, ...aliases.get(key) ?? []]) {
      const old = result[name];
      if (!collected.has(key)) result[name] = typed;
      else if (Array.isArray(old)) old.push(typed);
      else result[name] = [typed];
    }
  };
  const getEmpty = (key: string): string | boolean => strings.has(key) ? "" : true;
  const isBoolean = (key: string): boolean =>
    booleans.has(key) || (aliases.get(key) ?? []).some((alias) => booleans.has(alias));

  const end = list.includes("--") ? list.indexOf("--") : list.length;
  const args = list.slice(0, end);
  const rest = list.slice(end + 1);
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    const next = args[at + 1];
    const long = /^--(.+?)(?:=(.+))?$/s.exec(arg);
    const short = long ?? /^-([^-].*)$/s.exec(arg);
    if (long !== null) {
      const [, key = "", value] = long;
      if (value !== undefined) {
        set(key, booleans.has(key) ? value !== "false" : value, arg);
      } else if (next && !next.startsWith("-") && !isBoolean(key)) {
        set(key, next, arg);
        at++;
      } else if (next === "true" || next === "false") {
        set(key, next === "true", arg);
        at++;
      } else set(key, getEmpty(key), arg);
    } else if (short !== null) {
      const letters = short[1]!;
      const valueAt = findShortValue(letters);
      for (const letter of letters.slice(0, valueAt?.letter ?? letters.length - 1)) {
        set(letter, getEmpty(letter), arg);
      }
      if (valueAt !== undefined) {
        set(letters[valueAt.letter]!, valueAt.value, arg);
        continue;
      }
      const key = letters.at(-1)!;
      if (next && !/^--?[^-]/.test(next) && !isBoolean(key)) {
        set(key, next, arg);
        at++;
      } else if (next === "true" || next === "false") {
        set(key, next === "true", arg);
        at++;
      } else set(key, getEmpty(key), arg);
    } else {
      if (options.unknown?.(arg) !== false) result._.push(strings.has("_") ? arg : toNumber(arg));
      if (options.stopEarly) {
        result._.push(...args.slice(at + 1));
        break;
      }
    }
  }

  for (const [key, value] of Object.entries(options.default ?? {})) {
    for (const name of Object.hasOwn(result, key) ? [] : [key, ...aliases.get(key) ?? []]) {
      result[name] = value;
    }
  }
  for (const key of booleans) if (!Object.hasOwn(result, key)) result[key] = collected.has(key) ? [] : false;
  for (const key of strings) if (!Object.hasOwn(result, key) && collected.has(key)) result[key] = [];
  if (options["--"]) result["--"] = [...rest];
  else result._.push(...rest);
  return result;
}

function listAliases(alias: Record<string, string | readonly string[]>): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const [key, names] of Object.entries(alias)) {
    const all = [key, ...[names].flat()];
    for (const name of all) map.set(name, all.filter((other) => other !== name));
  }
  return map;
}

/** Finds the value within a group of short options: `-n5`, `-n=x`, `-n./x`; the letters before are switches. */
function findShortValue(letters: string): { letter: number; value: string } | undefined {
  for (let at = 0; at < letters.length - 1; at++) {
    const next = letters.slice(at + 1);
    const isLetter = /[A-Za-z]/.test(letters[at]!);
    if (isLetter && next.includes("=")) return { letter: at, value: next.slice(next.indexOf("=") + 1) };
    if (isLetter && /-?\d+(\.\d*)?(e-?\d+)?$/.test(next)) return { letter: at, value: next };
    if (/\W/.test(next[0]!)) return { letter: at, value: next };
  }
  return undefined;
}

function toNumber(text: string): string | number {
  return NUMBER.test(text) ? Number(text) : text;
}
