/**
 * Owns what the first torcx's decoder, Go's encoding/json, makes of a file that people wrote: a document and
 * the shape of a Go struct → a value with the struct's own keys. What Go took in silence and a person would
 * want to know is a warning; what it refused is an error. It refuses disk access, and to judge names and
 * paths. It has over 300 lines as the rules that it follows stand here, beside their code.
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
import { checkKind, JsonCursor, type JsonObject, type JsonValue } from "./json.ts";
import {
  decodeJsonString,
  findPlace,
  formatPlace,
  type JsonMember,
  type JsonNode,
  type JsonObjectNode,
  parseJsonText,
  refuseTail,
  type TextPlace,
} from "./json_text.ts";
import { repairUtf8 } from "./utf8.ts";

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

/** How the first torcx read a file of `{"kind": K, "value": V}`. */
export interface GoFile<K extends string> {
  /** The value's shape by kind. */
  shapes: Readonly<Record<K, GoShape>>;
  /** Whether the value was a json.RawMessage until the kind was known. */
  isValueRaw: boolean;
  /** Whether what follows the document is refused (json.Unmarshal) or passed over (json.Decoder). */
  isTailRefused: boolean;
}

/** More warnings of one file help nobody. */
const WARNINGS_MAX = 50;
const KEY_SHOWN_MAX = 64;

/** What is odd about a file, for programs. */
export type JsonWarningCode = "key-spelling" | "odd-json" | "repeated-key" | "unknown-key";

/** Something odd about a file. */
interface JsonWarning {
  code: JsonWarningCode;
  /** It names the file. */
  message: string;
}

/** Takes a warning; it names the file. */
export type OnWarning = (message: string, code: JsonWarningCode) => void;

/** A manifest that people wrote; its value is not judged yet. */
export interface WrittenManifest<K extends string> {
  kind: K;
  value: JsonCursor;
  /** The document as it was written. */
  document: JsonObjectNode;
  /** Why the document cannot be written back without losing something; undefined if it can. */
  lossy: string | undefined;
}

/**
 * Reads a manifest as the first torcx did.
 *
 * @param data the file's content.
 * @param source the file's path, for messages.
 * @throws {TorcxError} `invalid` if Go refused it: it is not JSON, has another kind, or a value of another type.
 */
export function readWrittenManifest<K extends string>(
  data: string | Uint8Array<ArrayBuffer>,
  source: string,
  { file, onWarning }: { file: GoFile<K>; onWarning: OnWarning },
): WrittenManifest<K> {
  const { text, replacedAt } = typeof data === "string"
    ? { text: data, replacedAt: undefined }
    : repairUtf8(data);
  const { document, tail } = parseJsonText(text, source);
  if (tail !== undefined && file.isTailRefused) refuseTail(source, tail);
  const decoder: GoDecoder = new GoDecoder(text, source);
  if (document.type !== "object") decoder.refuse(document, "", "an object");
  const members = decoder.matchMembers(document, {
    path: "",
    shape: { fields: { kind: "string", value: "string" } },
  });
  const kind = checkKind(
    new JsonCursor(decoder.decodeAll("string", "kind", members.get("kind")), source, "kind"),
    Object.keys(file.shapes) as K[],
  );
  decoder.warnRepeated("kind", { path: "", shape: "string", members: members.get("kind") });
  const values = members.get("value") ?? [];
  const counting = file.isValueRaw ? values.slice(-1) : values;
  if (counting.length === 0) {
    if (file.isValueRaw) new JsonCursor(undefined, source, "value").refuse("expected the manifest's value");
    decoder.warn("odd-json", () => 'there is no "value": nothing is set');
  } else if (counting.every(({ value }) => value.type === "null")) {
    decoder.warn("odd-json", () => '"value" is null: nothing is set');
  }
  decoder.warnRepeated("value", {
    path: "",
    shape: file.isValueRaw ? "string" : file.shapes[kind],
    members: values,
  });
  const value = decoder.decodeAll(file.shapes[kind], "value", counting) ?? {};
  const replaced = replacedAt === undefined ? undefined : findPlace(text, replacedAt);
  if (replaced !== undefined && (tail === undefined || isBefore(replaced, tail))) {
    decoder.warn("odd-json", () => `what is not UTF-8 at ${formatPlace(replaced)} is read as U+FFFD`);
  }
  if (tail !== undefined) {
    decoder.warn("odd-json", () => `what follows the JSON document at ${formatPlace(tail)} is passed over`);
  }
  // Only now is it known to be a manifest, whose keys may be shown.
  for (const { message, code } of decoder.listWarnings()) onWarning(message, code);
  const lossy = tail !== undefined
    ? `more follows its JSON document at ${formatPlace(tail)}`
    : replaced !== undefined
    ? `it is not UTF-8 at ${formatPlace(replaced)}`
    : undefined;
  return { kind, value: new JsonCursor(value, source, "value"), document, lossy };
}

/** Lists the members of an object whose keys are the field's, in the document's order. */
export function listFieldMembers(object: JsonObjectNode, field: string): JsonMember[] {
  return object.members.filter(({ key }) => foldKey(decodeJsonString(key)) === foldKey(field));
}

/**
 * Folds a key as Go does. The fields of all kinds are ASCII: of what folds to a letter of theirs, only U+017F (long
 * s) and U+212A (Kelvin sign) are none; toLowerCase() knows the second.
 */
function foldKey(key: string): string {
  return key.toLowerCase().replaceAll("\u017f", "s");
}

function isBefore(place: TextPlace, other: TextPlace): boolean {
  return place.line < other.line || (place.line === other.line && place.column < other.column);
}

class GoDecoder {
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
