/**
 * Owns strict JSON of torcx's own files: text → value, and a cursor that decodes any value field by field.
 * An error names the source, the JSON path, what was found and what was expected, but never the text itself:
 * a file that is not what it should be may be a secret. It refuses disk access.
 */

import { quote, TorcxError } from "../errors.ts";
import { parseJsonText, refuseTail } from "./json_text.ts";
import { NameError } from "./names.ts";

/** A JSON object; read it by {@linkcode JsonCursor}, which looks at own properties only. */
export type JsonObject = { [key: string]: JsonValue };
/** A JSON value as JSON.parse makes it. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** How kinds are named; any other text in its place is not shown. */
const KIND = /^[a-z]{1,16}(?:-[a-z]{1,16}){1,3}-v[0-9]$/;

/**
 * Decodes a file's bytes as UTF-8; a byte order mark is dropped.
 *
 * @param source the file's path, for messages.
 * @throws {TorcxError} `invalid` if the bytes are not UTF-8.
 */
export function decodeText(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TorcxError("invalid", `Cannot parse ${quote(source)}: it is not valid UTF-8`, {
      cause,
      hint: "Save the file as UTF-8",
    });
  }
}

/**
 * Parses JSON.
 *
 * @throws {TorcxError} `invalid` if it is not JSON.
 */
export function parseJson(text: string, source: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // What JSON.parse says quotes the text.
    const { tail } = parseJsonText(text, source);
    if (tail !== undefined) refuseTail(source, tail);
    throw cause;
  }
}

/** Returns a value as JSON with two-space indent and a final newline. */
export function encodeJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Returns `{"kind": …, "value": …}` with two-space indent, and `<`, `>` and `&` escaped as Go does. */
export function encodeManifest(kind: string, value: unknown): string {
  return encodeJson({ kind, value }).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A place in a JSON document. An absent field and `null` are both "not present". */
export class JsonCursor {
  readonly #value: JsonValue | undefined;
  readonly #source: string;
  readonly #path: string;

  constructor(value: JsonValue | undefined, source: string, path = "") {
    this.#value = value;
    this.#source = source;
    this.#path = path;
  }

  /** Where it is in the document, e.g. `value.images[0]`. */
  get path(): string {
    return this.#path;
  }

  /** Whether there is a value other than `null`. */
  get isPresent(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  /** A field of an object. */
  field(name: string): JsonCursor {
    const object = this.asObject();
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    return new JsonCursor(value, this.#source, this.#path === "" ? name : `${this.#path}.${name}`);
  }

  /** The items of an array; none if it is not present. */
  items(): JsonCursor[] {
    if (!this.isPresent) return [];
    if (!Array.isArray(this.#value)) this.refuse("expected an array");
    return this.#value.map((item, index) => new JsonCursor(item, this.#source, `${this.#path}[${index}]`));
  }

  /** The value as an object. */
  asObject(): JsonObject {
    const value = this.#value;
    if (value === undefined || value === null || typeof value !== "object" || Array.isArray(value)) {
      this.refuse("expected an object");
    }
    return value;
  }

  /** The value as a string of well-formed Unicode without NUL. */
  asString(): string {
    const value = this.#value;
    if (typeof value !== "string") this.refuse("expected a string");
    if (value.includes("\0") || !value.isWellFormed()) {
      this.refuse("expected well-formed text without NUL", "is another string");
    }
    return value;
  }

  /** As {@linkcode JsonCursor.asString}, undefined if it is not present. */
  findString(): string | undefined {
    return this.isPresent ? this.asString() : undefined;
  }

  /** Runs a parser of names on the string; what it refuses is told without the text. */
  parseString<T>(parse: (text: string) => T): T {
    const text = this.asString();
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof NameError)) throw error;
      this.refuse(`expected ${error.what}`, `is a string that cannot be one: ${error.reason}`, error.hint);
    }
  }

  /**
   * Refuses the value.
   *
   * @throws {TorcxError} `invalid` always.
   */
  refuse(expected: string, found?: string, hint?: string): never {
    const place = this.#path === "" ? "the document" : this.#path;
    throw new TorcxError(
      "invalid",
      `Cannot parse ${quote(this.#source)}: ${place} ${found ?? `is ${describe(this.#value)}`}, ${expected}`,
      {
        hint: hint ?? `Correct ${place} in ${quote(this.#source)}`,
      },
    );
  }
}

/** Says what a value is, never what it holds: a file that is not what it should be may be a secret. */
function describe(value: JsonValue | undefined): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return value === "" ? "an empty string" : "a string";
  if (typeof value === "object") return "an object";
  return typeof value === "number" ? "a number" : "a boolean";
}

/** A manifest whose value is not decoded yet. */
export interface Manifest {
  kind: string;
  value: JsonCursor;
}

/**
 * Parses `{"kind": K, "value": V}` that torcx wrote itself.
 *
 * @param kinds the kinds that the caller can decode.
 * @throws {TorcxError} `invalid` if it is not JSON, has another kind, or has no value.
 */
export function parseManifest(text: string, source: string, kinds: readonly string[]): Manifest {
  const document = new JsonCursor(parseJson(text, source), source);
  const kind = checkKind(document.field("kind"), kinds);
  const value = document.field("value");
  if (!value.isPresent) value.refuse("expected the manifest's value");
  return { kind, value };
}

/**
 * Checks a manifest's kind.
 *
 * @throws {TorcxError} `invalid` if it is another one.
 */
export function checkKind<K extends string>(kind: JsonCursor, kinds: readonly K[]): K {
  const name = kind.asString();
  const found = kinds.find((item) => item === name);
  if (found !== undefined) return found;
  const expected = kinds.map(quote).join(" or ");
  const shown = KIND.test(name) ? `is ${quote(name)}` : "is a string that is no kind";
  kind.refuse(`expected ${expected}`, shown, `Use a file of kind ${expected}`);
}
