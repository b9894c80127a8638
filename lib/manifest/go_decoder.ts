/**
 * Owns how Go's encoding/json decodes a node into a shape: into what is there already, by keys of any case. What it
 * took in silence is a warning, what it refused an error. It refuses texts and files.
 *
 * The rules (decode.go, fold.go and stream.go of Go's encoding/json):
 * - A key is a field's by its exact text, else by Unicode simple case folding. Every key of the document is decoded
 *   into its field in the document's order, so that of several for one field the last counts, whatever its case.
 * - Into a field that has a value already: a string replaces it, an object is merged field by field. An array
 *   replaces it, but each item is decoded into what lies in memory at its index (golang/go issue 21092).
 * - null leaves a string or an object as it was, and makes an array empty.
 * - json.RawMessage keeps the last value as it is, null too; a document that gives none is refused.
 * - json.Decoder reads the first document and leaves the rest; json.Unmarshal refuses a rest.
 */

import { quote } from "../errors.ts";
import { findNearest } from "../suggestions.ts";
import { JsonCursor, type JsonObject, type JsonValue } from "./json.ts";
import {
  decodeJsonString,
  findPlace,
  formatPlace,
  type JsonMember,
  type JsonNode,
  type JsonObjectNode,
} from "./json_text.ts";

/** What Go decodes into: a string, a slice or a struct. */
export type GoShape = "string" | GoSlice | GoStruct;

/** A slice. */
export interface GoSlice {
  items: GoShape;
}

/** A struct. */
export interface GoStruct {
  fields: Readonly<Record<string, GoShape>>;
  /** Keys that somebody may expect to count, and why they do not. */
  unused?: Readonly<Record<string, string>>;
}

/** What is odd about a file, for programs. */
export type JsonWarningCode = "key-spelling" | "odd-json" | "repeated-key" | "unknown-key";

/** Something odd about a file. */
interface JsonWarning {
  code: JsonWarningCode;
  /** It names the file. */
  message: string;
}

/** More warnings of one file help nobody. */
const WARNINGS_MAX = 50;
const KEY_SHOWN_MAX = 64;

/**
 * Folds a key as Go does. The fields of all kinds are ASCII: of what folds to a letter of theirs, only U+017F (long
 * s) and U+212A (Kelvin sign) are none; toLowerCase() knows the second.
 */
export function foldKey(key: string): string {
  return key.toLowerCase().replaceAll("\u017f", "s");
}

/** Decodes one document; the warnings of a file are told together, once it is known to be a manifest. */
export class GoDecoder {
  readonly #warnings: JsonWarning[] = [];
  #warningCount = 0;
  readonly #text: string;
  readonly #source: string;
  /** What lies in memory behind a slice: items of earlier arrays, also beyond its length. */
  readonly #memory = new WeakMap<JsonValue[], JsonValue[]>();

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
  }

  /** A hostile file must not fill the log: what is beyond the limit is counted alone. */
  warn(code: JsonWarningCode, describe: () => string): void {
    if (this.#warningCount++ >= WARNINGS_MAX) return;
    this.#warnings.push({ code, message: `${quote(this.#source)}: ${describe()}` });
  }

  listWarnings(): JsonWarning[] {
    const left = this.#warningCount - this.#warnings.length;
    if (left === 0) return this.#warnings;
    const message = `${quote(this.#source)}: ${left} more like these are not shown`;
    return [...this.#warnings, { code: "odd-json", message }];
  }

  refuse(node: JsonNode, path: string, expected: string): never {
    const article = node.type === "array" || node.type === "object" ? "an" : "a";
    const found = node.type === "null" ? "is null" : `is ${article} ${node.type}`;
    return new JsonCursor(undefined, this.#source, path).refuse(`expected ${expected}`, found);
  }

  /** Decodes the values of one field in their order; undefined if none sets it. */
  decodeAll(shape: GoShape, path: string, members: readonly JsonMember[] = []): JsonValue | undefined {
    return members.reduce<JsonValue | undefined>(
      (before, { value }) => this.#decode(shape, { node: value, before, path }),
      undefined,
    );
  }

  /** Sorts the members of an object by the fields that they are decoded into, and names what is odd. */
  matchMembers(
    node: JsonObjectNode,
    { path, shape }: { path: string; shape: GoStruct },
  ): Map<string, JsonMember[]> {
    const found = new Map<string, JsonMember[]>();
    const unused = shape.unused ?? {};
    const names = new Map(
      [...Object.keys(unused), ...Object.keys(shape.fields)].map((name) => [foldKey(name), name]),
    );
    for (const member of node.members) {
      const key = decodeJsonString(member.key);
      const name = names.get(foldKey(key)) ?? "";
      const isField = Object.hasOwn(shape.fields, name);
      if (isField && key !== name) {
        this.warn(
          "key-spelling",
          () => `key ${quote(key)}${this.#locate(member, path)} counts as ${quote(name)}: spell it so`,
        );
      }
      if (Object.hasOwn(unused, name)) {
        const reason = unused[name];
        this.warn(
          "unknown-key",
          () => `key ${quote(key)}${this.#locate(member, path)} has no effect: ${reason}`,
        );
      } else if (!isField) {
        this.warn(
          "unknown-key",
          () => this.#describeUnknown(key, { member, path, known: Object.keys(shape.fields) }),
        );
      }
      if (!isField) continue;
      const members = found.get(name);
      if (members === undefined) found.set(name, [member]);
      else members.push(member);
    }
    return found;
  }

  warnRepeated(
    name: string,
    { path, shape, members = [] }: {
      path: string;
      shape: GoShape;
      members: readonly JsonMember[] | undefined;
    },
  ): void {
    if (members.length < 2) return;
    const isReplaced = shape === "string" || ("items" in shape && shape.items === "string");
    const rule = isReplaced ? "the last one counts" : "the later is laid over the earlier, field by field";
    this.warn("repeated-key", () => {
      const lines = members.slice(0, 5).map(({ at }) => findPlace(this.#text, at).line).join(", ");
      const where = path === "" ? "" : ` of ${path}`;
      return `${quote(name)}${where} is there ${members.length} times (line ${lines}): ${rule}`;
    });
  }

  #decode(
    shape: GoShape,
    { node, before, path }: { node: JsonNode; before: JsonValue | undefined; path: string },
  ): JsonValue | undefined {
    if (shape === "string") {
      if (node.type === "null") return before;
      if (node.type !== "string") this.refuse(node, path, "a string");
      return this.#decodeString(node.literal, path);
    }
    if ("items" in shape) {
      if (node.type === "null") return undefined;
      if (node.type !== "array") this.refuse(node, path, "an array");
      return this.#decodeSlice(shape, { nodes: node.items, before: before as JsonValue[] | undefined, path });
    }
    if (node.type === "null") return before;
    if (node.type !== "object") this.refuse(node, path, "an object");
    return this.#decodeStruct(shape, { node, before: before as JsonObject | undefined, path });
  }

  #decodeString(literal: string, path: string): string {
    const text = decodeJsonString(literal);
    if (!(JSON.parse(literal) as string).isWellFormed()) {
      this.warn("odd-json", () => `half of a surrogate pair in ${path} is read as U+FFFD`);
    }
    return text;
  }

  #decodeSlice(
    shape: GoSlice,
    { nodes, before, path }: { nodes: readonly JsonNode[]; before: JsonValue[] | undefined; path: string },
  ): JsonValue[] {
    const memory = nodes.length === 0 || before === undefined ? [] : this.#memory.get(before) ?? [];
    const zero = shape.items === "string" ? "" : "items" in shape.items ? [] : {};
    nodes.forEach((node, index) => {
      const place = `${path}[${index}]`;
      if (node.type === "null") this.warn("odd-json", () => `${place} is null: it sets nothing`);
      memory[index] = this.#decode(shape.items, { node, before: memory[index], path: place }) ?? zero;
    });
    const items = memory.slice(0, nodes.length);
    this.#memory.set(items, memory);
    return items;
  }

  #decodeStruct(
    shape: GoStruct,
    { node, before, path }: { node: JsonObjectNode; before: JsonObject | undefined; path: string },
  ): JsonObject {
    const value: JsonObject = { ...before };
    for (const [name, members] of this.matchMembers(node, { path, shape })) {
      const field = shape.fields[name]!;
      this.warnRepeated(name, { path, shape: field, members });
      for (const member of members) {
        const decoded = this.#decode(field, {
          node: member.value,
          before: value[name],
          path: `${path}.${name}`,
        });
        if (decoded === undefined) delete value[name];
        else value[name] = decoded;
      }
    }
    return value;
  }

  #describeUnknown(
    key: string,
    { member, path, known }: { member: JsonMember; path: string; known: readonly string[] },
  ): string {
    const shown = key.slice(0, KEY_SHOWN_MAX);
    const nearest = findNearest(foldKey(shown), known);
    const hint = nearest === undefined
      ? `known are ${known.map(quote).join(", ")}`
      : `did you mean ${quote(nearest)}?`;
    return `unknown key ${quote(shown)}${this.#locate(member, path)} has no effect: ${hint}`;
  }

  #locate({ at }: JsonMember, path: string): string {
    return `${path === "" ? "" : ` of ${path}`} at ${formatPlace(findPlace(this.#text, at))}`;
  }
}
