/**
 * What this project uses of @std/cli/parse-args. It gives what the real one gives, odd cases included:
 * `--name -x` is an empty name, `1.10` becomes 1.1 unless `string` says otherwise.
 */

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions {
  /** Names of switches; false if they are not given. */
  boolean?: readonly string[];
  /** Names of options that stay strings; `_` is for positionals. */
  string?: readonly string[];
  /** Other names of options, by either name. */
  alias?: Readonly<Record<string, string | readonly string[]>>;
  /** Names of options that are arrays, however often they are given. */
  collect?: readonly string[];
  /** Names of switches that have a `--no-` form. */
  negatable?: readonly string[];
  /** Values of what is not given. */
  default?: Readonly<Record<string, unknown>>;
  /** Takes all that follows the first positional as positionals. @default {false} */
  stopEarly?: boolean;
  /** Keeps what follows `--` apart, under that name. @default {false} */
  "--"?: boolean;
  /** Is asked about each argument that the other options do not name; `false` drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Result of {@linkcode parseArgs}. */
export interface Args {
  [name: string]: unknown;
  _: (string | number)[];
}

/** What `--key=value`, `--key` and `-abc` look like. */
const LONG = /^--(.+?)(?:=(.*))?$/s;
const NUMBER = /^\s*(0x[0-9a-f]+|[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?)\s*$/i;

/** Returns the options and positionals of an argument list. */
export function parseArgs(list: readonly string[], options: ParseOptions = {}): Args {
  return new Parser(options).parse(list);
}

class Parser {
  readonly #options: ParseOptions;
  readonly #result: Args = { _: [] };
  readonly #booleans: Set<string>;
  readonly #strings: Set<string>;
  readonly #collected: Set<string>;
  readonly #negatable: Set<string>;
  readonly #given = new Set<string>();
  /** All names of an option, for each of them. */
  readonly #names = new Map<string, string[]>();

  constructor(options: ParseOptions) {
    this.#options = options;
    for (const [name, value] of Object.entries(options.alias ?? {})) {
      const names = [name, ...typeof value === "string" ? [value] : value];
      for (const one of names) this.#names.set(one, names.filter((other) => other !== one));
    }
    const expand = (names: readonly string[] = []): Set<string> =>
      new Set(names.flatMap((name) => [name, ...this.#names.get(name) ?? []]));
    this.#booleans = expand(options.boolean);
    this.#strings = expand(options.string);
    this.#collected = expand(options.collect);
    this.#negatable = expand(options.negatable);
  }

  parse(list: readonly string[]): Args {
    const end = list.includes("--") ? list.indexOf("--") : list.length;
    const args = list.slice(0, end);
    const rest = list.slice(end + 1);
    for (let at = 0; at < args.length;) {
      const arg = args[at]!;
      if (/^-[^-]/s.test(arg)) at += 1 + this.#takeShort(arg, args[at + 1]);
      else if (LONG.test(arg)) at += 1 + this.#takeLong(arg, args[at + 1]);
      else {
        at++;
        if (this.#options.unknown?.(arg) !== false) {
          this.#result._.push(this.#strings.has("_") ? arg : toNumber(arg));
        }
        if (this.#options.stopEarly) {
          this.#result._.push(...args.slice(at));
          break;
        }
      }
    }
    this.#addDefaults();
    if (this.#options["--"]) this.#result["--"] = rest;
    else this.#result._.push(...rest);
    return this.#result;
  }

  /** Returns how many of the next arguments it took too. */
  #takeLong(arg: string, next: string | undefined): number {
    const [, key = "", value] = LONG.exec(arg)!;
    if (value !== undefined) {
      // As the package has it: with a value, the `no-` of any name is lost.
      const name = key.replace(/^no-(?=.)/s, "");
      this.#set(arg, name, this.#booleans.has(name) ? value !== "false" : value);
      return 0;
    }
    const positive = /^no-(.+)$/s.exec(key)?.[1];
    if (positive !== undefined && this.#negatable.has(positive)) {
      this.#set(arg, positive, false);
      return 0;
    }
    return this.#takeWithNext(arg, key, next);
  }

  #takeShort(arg: string, next: string | undefined): number {
    const letters = arg.slice(1);
    for (let at = 0; at < letters.length - 1; at++) {
      const letter = letters[at]!;
      const rest = letters.slice(at + 1);
      if (rest === "-") {
        this.#set(arg, letter, rest);
        continue;
      }
      const [, assigned] = /^=(.*)$/s.exec(rest) ?? [];
      const isNumber = /[A-Za-z]/.test(letter) && /^-?\d+(\.\d*)?(e-?\d+)?$/.test(rest);
      const isOdd = /\W/.test(rest[0]!);
      if ((/[A-Za-z]/.test(letter) && assigned !== undefined) || isNumber || isOdd) {
        this.#set(arg, letter, assigned ?? rest);
        return 0;
      }
      this.#set(arg, letter, this.#strings.has(letter) ? "" : true);
    }
    const last = letters.at(-1)!;
    return last === "-" ? 0 : this.#takeWithNext(arg, last, next, next === "-");
  }

  /** An option without `=`: the next argument is its value, unless it looks like another option. */
  #takeWithNext(arg: string, key: string, next: string | undefined, isDashTaken = false): number {
    if (next && (isDashTaken || !next.startsWith("-")) && !this.#booleans.has(key)) {
      this.#set(arg, key, next);
      return 1;
    }
    if (next === "true" || next === "false") {
      this.#set(arg, key, next === "true");
      return 1;
    }
    this.#set(arg, key, this.#strings.has(key) ? "" : true);
    return 0;
  }

  #set(arg: string, key: string, value: string | boolean): void {
    const isKnown = [this.#booleans, this.#strings, this.#collected].some((names) => names.has(key)) ||
      this.#names.has(key);
    if (!isKnown && this.#options.unknown?.(arg, key, value) === false) return;
    const typed = typeof value === "string" && !this.#strings.has(key) ? toNumber(value) : value;
    for (const name of [key, ...this.#names.get(key) ?? []]) {
      this.#given.add(name);
      this.#assign(name, typed);
    }
  }

  /** `a.b` is `b` in an object `a`; what would reach into a prototype is dropped. */
  #assign(name: string, value: unknown): void {
    const path = name.split(".");
    if (path.some((part) => part === "__proto__" || part === "constructor")) return;
    let object: Record<string, unknown> = this.#result;
    for (const part of path.slice(0, -1)) {
      if (typeof object[part] !== "object" || object[part] === null) object[part] = {};
      object = object[part] as Record<string, unknown>;
    }
    const last = path.at(-1)!;
    const old = object[last];
    if (!this.#collected.has(name)) object[last] = value;
    else object[last] = Array.isArray(old) ? [...old, value] : [value];
  }

  #addDefaults(): void {
    for (const [name, value] of Object.entries(this.#options.default ?? {})) {
      for (const one of [name, ...this.#names.get(name) ?? []]) {
        if (!this.#given.has(one)) this.#assign(one, value);
      }
    }
    for (const name of this.#booleans) if (!(name in this.#result)) this.#result[name] = false;
    for (const name of this.#collected) if (!(name in this.#result)) this.#result[name] = [];
  }
}

function toNumber(text: string): string | number {
  return NUMBER.test(text) ? Number(text) : text;
}
