/**
 * Owns what the first torcx's decoder, Go's encoding/json, makes of a file that people wrote: a document and
 * the shape of a Go struct → a value with the struct's own keys. What Go took in silence and a person would
 * want to know is a warning; what it refused is an error. It refuses disk access, and to judge names and paths.
 */

import { checkKind, JsonCursor } from "./json.ts";
import {
  decodeJsonString,
  findPlace,
  formatPlace,
  type JsonMember,
  type JsonObjectNode,
  parseJsonText,
  refuseTail,
  type TextPlace,
} from "./json_text.ts";
import { foldKey, GoDecoder, type GoShape, type JsonWarningCode } from "./go_decoder.ts";
import { repairUtf8 } from "./utf8.ts";

/** How the first torcx read a file of `{"kind": K, "value": V}`. */
export interface GoFile<K extends string> {
  /** The value's shape by kind. */
  shapes: Readonly<Record<K, GoShape>>;
  /** Whether the value was a json.RawMessage until the kind was known. */
  isValueRaw: boolean;
  /** Whether what follows the document is refused (json.Unmarshal) or passed over (json.Decoder). */
  isTailRefused: boolean;
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

function isBefore(place: TextPlace, other: TextPlace): boolean {
  return place.line < other.line || (place.line === other.line && place.column < other.column);
}
