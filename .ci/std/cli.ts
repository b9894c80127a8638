/**
 * What this project uses of @std/cli: `parseArgs` with the options boolean, string and unknown. It gives what
 * the real one gives, odd cases included: `--name -x` is an empty name, `1.10` becomes 1.1 unless `string`
 * says otherwise.
 */

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions {
  /** Names of switches; false if they are not given. */
  boolean?: readonly string[];
  /** Names of options that stay strings; `_` is for positionals. */
  string?: readonly string[];
  /** Is asked about each argument that the other options do not name; `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Result of {@linkcode parseArgs}. */
export interface Args {
  [name: string]: unknown;
  _: (string | number)[];
}

const NUMBER = /^(0x[0-9a-f]+|[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?)$/i;

/** Returns the options and positionals of an argument list; one-letter options are not supported. */
export function parseArgs(list: readonly string[], options: ParseOptions = {}): Args {
  const booleans = new Set(options.boolean);
  const strings = new Set(options.string);
  const result: Args = { _: [] };
  for (const name of booleans) result[name] = false;
  const set = (key: string, value: string | boolean, arg: string): void => {
    const isKnown = booleans.has(key) || strings.has(key);
    if (!isKnown && options.unknown?.(arg, key, value) === false) return;
    result[key] = typeof value === "string" && !strings.has(key) ? toNumber(value) : value;
  };

  const end = list.includes("--") ? list.indexOf("--") : list.length;
  const args = list.slice(0, end);
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    const next = args[at + 1];
    const option = /^--(.+?)(?:=(.+))?$/s.exec(arg);
    if (option === null) {
      if (options.unknown?.(arg) !== false) result._.push(strings.has("_") ? arg : toNumber(arg));
      continue;
    }
    const [, key = "", value] = option;
    if (value !== undefined) {
      set(key, booleans.has(key) ? value !== "false" : value, arg);
    } else if (next && !next.startsWith("-") && !booleans.has(key)) {
      set(key, next, arg);
      at++;
    } else if (next === "true" || next === "false") {
      set(key, next === "true", arg);
      at++;
    } else set(key, strings.has(key) ? "" : true, arg);
  }
  result._.push(...list.slice(end + 1));
  return result;
}

function toNumber(text: string): string | number {
  return NUMBER.test(text) ? Number(text) : text;
}
