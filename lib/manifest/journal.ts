/**
 * Owns the kind `torcx-journal-v0`, the file RUN/`journal.json`: what a run is about to do, as operations.
 * It refuses disk access, and to judge where an operation may be.
 */

import { type ByteString, decodePath } from "../bytes.ts";
import { quote } from "../errors.ts";
import { type JsonCursor, parseManifest } from "./json.ts";
import type { ApplyMode } from "./report.ts";

/** One change of the system. Paths are inside the root. */
export type Operation =
  /** A seal that no run of this RUN has written. */
  | { kind: "remove_seal"; path: ByteString }
  /** A directory that did not exist when the plan was made; an optional one may fail. */
  | { kind: "make_dir"; path: ByteString; isOptional: boolean }
  | { kind: "mount_tmpfs"; path: ByteString; size: string | undefined; inodes: string | undefined }
  | { kind: "unpack"; image: string; archive: ByteString; path: ByteString }
  | { kind: "mount_squashfs"; image: string; archive: ByteString; path: ByteString }
  | { kind: "link"; image: string; target: ByteString; path: ByteString }
  /** `digest` is `sha256-HEX` of what is copied, once that is known: the copy is told by it. */
  | { kind: "copy"; image: string; from: ByteString; path: ByteString; mode: number; digest?: string }
  | { kind: "write_run_profile"; path: ByteString; text: string }
  | { kind: "write_report"; path: ByteString }
  | { kind: "remount_read_only"; path: ByteString }
  | { kind: "write_seal"; path: ByteString; text: string };

/** The kind of the journal. Only the version that wrote one reads it: it does not outlive the boot. */
const JOURNAL_KIND = "torcx-journal-v0";

/** What a run is about to do; it lies in RUN while the run lasts. */
export interface Journal {
  mode: ApplyMode;
  operations: Operation[];
}

const MODES: readonly ApplyMode[] = ["in-place", "hand-off", "manual"];

type FieldType = "path" | "text" | "text?" | "number" | "boolean";

/** The fields of each kind of operation. */
const FIELDS: {
  [K in Operation["kind"]]: {
    [F in Exclude<keyof Extract<Operation, { kind: K }>, "kind">]: FieldType;
  };
} = {
  remove_seal: { path: "path" },
  make_dir: { path: "path", isOptional: "boolean" },
  mount_tmpfs: { path: "path", size: "text?", inodes: "text?" },
  unpack: { image: "text", archive: "path", path: "path" },
  mount_squashfs: { image: "text", archive: "path", path: "path" },
  link: { image: "text", target: "text", path: "path" },
  copy: { image: "text", from: "path", path: "path", mode: "number", digest: "text?" },
  write_run_profile: { path: "path", text: "text" },
  write_report: { path: "path" },
  remount_read_only: { path: "path" },
  write_seal: { path: "path", text: "text" },
};

/** Returns a journal as a file's text. Byte strings hold one character per byte, which JSON keeps as it is. */
export function encodeJournal(journal: Journal): string {
  return JSON.stringify({ kind: JOURNAL_KIND, value: journal });
}

/**
 * Parses a journal's text.
 *
 * @param isAllowed judges an operation by what is not of this room: where it may be.
 * @throws {TorcxError} `invalid` if it has another kind or shape, or an operation that is not allowed.
 */
export function parseJournal(
  text: string,
  source: string,
  isAllowed: (operation: Operation) => boolean,
): Journal {
  const { value } = parseManifest(text, source, [JOURNAL_KIND]);
  const mode = value.field("mode");
  if (!(MODES as string[]).includes(mode.asString())) mode.refuse(`expected one of ${MODES.join(", ")}`);
  const operations = value.field("operations").items().map((item) => parseOperation(item, isAllowed));
  return { mode: mode.asString() as ApplyMode, operations };
}

function parseOperation(item: JsonCursor, isAllowed: (operation: Operation) => boolean): Operation {
  const kind = item.field("kind");
  const name = kind.asString();
  if (!Object.hasOwn(FIELDS, name)) kind.refuse("expected a kind of operation");
  const operation: Record<string, unknown> = { kind: name };
  for (const [field, type] of Object.entries(FIELDS[name as Operation["kind"]]) as [string, FieldType][]) {
    operation[field] = parseField(item, field, type);
  }
  const parsed = operation as unknown as Operation;
  if (!isAllowed(parsed)) {
    item.field("path").refuse("expected a place where torcx writes", `is ${quote(decodePath(parsed.path))}`);
  }
  return parsed;
}

function parseField(item: JsonCursor, name: string, type: FieldType): unknown {
  const field = item.field(name);
  if (type === "text?") return field.findString();
  if (type === "number" || type === "boolean") {
    const value = item.asObject()[name];
    const isRight = type === "number" ? typeof value === "number" : typeof value === "boolean";
    return isRight ? value : field.refuse(`expected a ${type}`);
  }
  const text = field.asString();
  if (type === "path" && !isPath(text)) field.refuse("expected an absolute path");
  return text;
}

/** Returns whether a text is an absolute byte string that cannot lead around the check of the target. */
function isPath(text: string): boolean {
  return text.startsWith("/") && [...text].every((char) => char.charCodeAt(0) <= 0xff) &&
    !text.split("/").some((name) => name === "." || name === "..");
}
