/**
 * Owns JSON text (RFC 8259): text ↔ a tree that keeps what JSON.parse loses, which is equal keys, numbers and
 * strings as they were written, and where each stands. A fault is told by line and column, never by the text
 * around it, which may be a secret in a file that is not what it should be. It judges no values.
 */

import { quote, TorcxError } from "../errors.ts";

/** A place in a text; both count from 1, columns in UTF-16 code units. */
export interface TextPlace {
  line: number;
  column: number;
}

/** A value; `at` is where it begins, an offset in UTF-16 code units. */
export type JsonNode = JsonScalarNode | JsonArrayNode | JsonObjectNode;

/** A value that holds no others. */
export interface JsonScalarNode {
  type: "null" | "boolean" | "number" | "string";
  at: number;
  /** As it was written, a string with its quotes. */
  literal: string;
}

/** An array. */
export interface JsonArrayNode {
  type: "array";
  at: number;
  items: JsonNode[];
}

/** An object. */
export interface JsonObjectNode {
  type: "object";
  at: number;
  members: JsonMember[];
}

/** A key, as it was written, and its value. */
export interface JsonMember {
  key: string;
  at: number;
  value: JsonNode;
}

/** As in Go's encoding/json (scanner.go, maxNestingDepth). */
const DEPTH_MAX = 10_000;
/** Each level is indented: a text that was deeper would grow by the square of its depth. */
const ENCODED_DEPTH_MAX = 100;

const BLANKS = /[\t\n\r ]*/y;
const LITERAL = /(true|false)|(null)|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// deno-lint-ignore no-control-regex -- RFC 8259 forbids them in strings
const STRING_PART = /[^"\\\u0000-\u001f]{1,4096}|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const BYTE_ORDER_MARK = "\ufeff";

/** Returns the line and column of an offset. */
export function findPlace(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** Returns a place for messages. */
export function formatPlace({ line, column }: TextPlace): string {
  return `line ${line} column ${column}`;
}

/**
 * Parses the first JSON document of a text.
 *
 * @param source the file's path, for messages.
 * @returns the document, and where what follows it begins; undefined if nothing but blanks does.
 * @throws {TorcxError} `invalid` at the first character that is wrong.
 */
export function parseJsonText(text: string, source: string): { document: JsonNode; tail?: TextPlace } {
  const parser = new TextParser(text, source);
  const document = parser.readDocument();
  const tail = parser.findTail();
  return tail === undefined ? { document } : { document, tail };
}

/**
 * Refuses a text that more follows.
 *
 * @throws {TorcxError} `invalid` always.
 */
export function refuseTail(source: string, tail: TextPlace): never {
  refuseText(
    source,
    `it is not valid JSON at ${formatPlace(tail)}: more follows the document`,
    "Take away what follows it",
  );
}

function refuseText(source: string, state: string, hint: string): never {
  throw new TorcxError("invalid", `Cannot parse ${quote(source)}: ${state}`, { hint });
}

/** Returns the text of a string or key; half of a surrogate pair becomes U+FFFD. */
export function decodeJsonString(literal: string): string {
  return (JSON.parse(literal) as string).toWellFormed();
}

/** Makes the tree of a value. */
export function toJsonNode(value: unknown): JsonNode {
  return parseJsonText(JSON.stringify(value), "").document;
}

/**
 * Returns a tree as text with two-space indent and a final newline, its scalars as they were written.
 *
 * @throws {TorcxError} `unsupported` if it is nested too deeply.
 */
export function encodeJsonNode(node: JsonNode): string {
  return `${encodeLevel(node, 0)}\n`;
}

function encodeLevel(node: JsonNode, depth: number): string {
  if (node.type !== "array" && node.type !== "object") return node.literal;
  if (depth === ENCODED_DEPTH_MAX) {
    throw new TorcxError(
      "unsupported",
      `Cannot write the JSON document: it is nested more than ${ENCODED_DEPTH_MAX} levels deep`,
      { hint: "Edit the file by hand" },
    );
  }
  const parts = node.type === "array"
    ? node.items.map((item) => encodeLevel(item, depth + 1))
    : node.members.map(({ key, value }) => `${key}: ${encodeLevel(value, depth + 1)}`);
  const [open, close] = node.type === "array" ? "[]" : "{}";
  if (parts.length === 0) return `${open}${close}`;
  const indent = `\n${"  ".repeat(depth)}`;
  return `${open}${parts.map((part) => `${indent}  ${part}`).join(",")}${indent}${close}`;
}

class TextParser {
  readonly #text: string;
  readonly #source: string;
  #at = 0;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  /** Without recursion: a hostile text must not decide how deep the stack is. */
  readDocument(): JsonNode {
    const open: (JsonArrayNode | JsonObjectNode)[] = [];
    let key: Omit<JsonMember, "value"> | undefined;
    for (;;) {
      this.#take(BLANKS);
      const node = this.#readNode(open.length);
      const parent = open.at(-1);
      if (parent?.type === "array") parent.items.push(node);
      else parent?.members.push({ ...key!, value: node });
      if (node.type === "array" || node.type === "object") {
        this.#take(BLANKS);
        open.push(node);
        if (!this.#isCloser(node)) {
          if (node.type === "object") key = this.#readKey();
          continue;
        }
      }
      // After a value: what is open ends here, or goes on with a comma.
      for (;;) {
        const last = open.at(-1);
        if (last === undefined) return node;
        this.#take(BLANKS);
        if (this.#isCloser(last)) {
          this.#at++;
          open.pop();
          if (open.length === 0) return last;
          continue;
        }
        if (!this.#takeChar(",")) this.#refuse();
        this.#take(BLANKS);
        if (this.#isCloser(last)) this.#refuse("a comma stands before it");
        if (last.type === "object") key = this.#readKey();
        break;
      }
    }
  }

  findTail(): TextPlace | undefined {
    this.#take(BLANKS);
    return this.#at === this.#text.length ? undefined : findPlace(this.#text, this.#at);
  }

  /** Reads a scalar, or begins an array or object. */
  #readNode(depth: number): JsonNode {
    const at = this.#at;
    const char = this.#text[at];
    if (char === "[" || char === "{") {
      if (depth === DEPTH_MAX) this.#refuse(`it is nested more than ${DEPTH_MAX} levels deep`);
      this.#at++;
      return char === "[" ? { type: "array", at, items: [] } : { type: "object", at, members: [] };
    }
    if (char === '"') return { type: "string", at, literal: this.#readString() };
    const match = this.#take(LITERAL);
    if (match === undefined) this.#refuse();
    const type = match[1] !== undefined ? "boolean" : match[2] !== undefined ? "null" : "number";
    return { type, at, literal: match[0] };
  }

  #readKey(): Omit<JsonMember, "value"> {
    const at = this.#at;
    const key = this.#readString();
    this.#take(BLANKS);
    if (!this.#takeChar(":")) this.#refuse();
    return { key, at };
  }

  #readString(): string {
    const at = this.#at;
    if (!this.#takeChar('"')) this.#refuse();
    while (this.#take(STRING_PART) !== undefined);
    if (!this.#takeChar('"')) this.#refuse();
    return this.#text.slice(at, this.#at);
  }

  #isCloser(node: JsonArrayNode | JsonObjectNode): boolean {
    return this.#text[this.#at] === (node.type === "array" ? "]" : "}");
  }

  #takeChar(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  /** Takes what a sticky pattern matches here. */
  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    this.#at += match?.[0].length ?? 0;
    return match;
  }

  #refuse(reason = this.#explain()): never {
    if (/^[\t\n\r ]*$/.test(this.#text)) {
      refuseText(this.#source, "it is empty", "Write the file, or restore it from a copy");
    }
    const place = formatPlace(findPlace(this.#text, this.#at));
    refuseText(
      this.#source,
      `it is not valid JSON at ${place}${reason === undefined ? "" : `: ${reason}`}`,
      "Correct the file by hand, or restore it from a copy",
    );
  }

  /** Names the mistakes that people make. */
  #explain(): string | undefined {
    const char = this.#text[this.#at];
    if (char === undefined) return "it ends too early";
    if (char === BYTE_ORDER_MARK && this.#at === 0) return "it begins with a byte order mark";
    if (char === "#" || /^\/[/*]/.test(this.#text.slice(this.#at, this.#at + 2))) {
      return "JSON has no comments";
    }
    // As utf8.ts leaves it.
    if (char === "\ufffd") return "it is not UTF-8";
    return char === "'" ? "JSON has double quotes" : undefined;
  }
}
