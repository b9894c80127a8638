/**
 * Owns the kind `torcx-journal-v0`, the file RUN/`journal.json`: what a run is about to do, as operations.
 * It refuses disk access, and to judge where an operation may be.
 */

import { type ByteString, decodePath } from "../bytes.ts";
import { quote } from "../errors.ts";
import { type JsonCursor, parseManifest } from "./json.ts";
import type { ApplyMode } from "./report.ts";

/** Types of an operation's fields; paths are inside the root, and bytes any text of the kernel's. */
interface FieldTypes {
  path: ByteString;
  bytes: ByteString;
  text: string;
  "text?": string | undefined;
  number: number;
  boolean: boolean;
}

/** Where an operation may be; lib/state/targets.ts has the paths. */
export type OperationPlace =
  | "seal"
  | "run profile"
  | "report"
  | "unpack dir"
  | "tree"
  | "asset"
  | "directory";

/** What the journal says of a kind of operation. */
interface OperationRow {
  readonly fields: Readonly<Record<string, keyof FieldTypes>> & { readonly path: "path" };
  readonly place: OperationPlace;
}

/** The kinds of operations: each is one change of the system. What each does is lib/apply/operations' table. */
export const OPERATION_KINDS = {
  /** A seal that no run of this RUN has written. */
  remove_seal: { fields: { path: "path" }, place: "seal" },
  /** A directory that did not exist when the plan was made; an optional one may fail. */
  make_dir: { fields: { path: "path", isOptional: "boolean" }, place: "directory" },
  mount_tmpfs: { fields: { path: "path", size: "text?", inodes: "text?" }, place: "unpack dir" },
  unpack: { fields: { image: "text", archive: "path", path: "path" }, place: "tree" },
  mount_squashfs: { fields: { image: "text", archive: "path", path: "path" }, place: "tree" },
  link: { fields: { image: "text", target: "bytes", path: "path" }, place: "asset" },
  /** `digest` is `sha256-HEX` of what is copied, once that is known: the copy is told by it. */
  copy: {
    fields: { image: "text", from: "path", path: "path", mode: "number", digest: "text?" },
    place: "asset",
  },
  write_run_profile: { fields: { path: "path", text: "text" }, place: "run profile" },
  write_report: { fields: { path: "path" }, place: "report" },
  remount_read_only: { fields: { path: "path" }, place: "unpack dir" },
  write_seal: { fields: { path: "path", text: "text" }, place: "seal" },
} as const satisfies Record<string, OperationRow>;

/** A key of {@linkcode OPERATION_KINDS}. */
export type OperationKind = keyof typeof OPERATION_KINDS;

type Fields<R extends Readonly<Record<string, keyof FieldTypes>>> =
  & { [F in keyof R as R[F] extends "text?" ? never : F]: FieldTypes[R[F]] }
  & { [F in keyof R as R[F] extends "text?" ? F : never]?: FieldTypes[R[F]] };

/** The operation of one kind. */
export type OperationOf<K extends OperationKind> = K extends OperationKind
  ? { kind: K } & Fields<(typeof OPERATION_KINDS)[K]["fields"]>
  : never;

/** One change of the system, of any kind. */
export type Operation = OperationOf<OperationKind>;

/** The kind of the journal. Only the version that wrote one reads it: it does not outlive the boot. */
const JOURNAL_KIND = "torcx-journal-v0";

/** What a run is about to do; it lies in RUN while the run lasts. */
export interface Journal {
  mode: ApplyMode;
  operations: Operation[];
}

const MODES: readonly ApplyMode[] = ["in-place", "hand-off", "manual"];

/** Returns the fields of an operation's kind and their types. */
export function listFields(kind: OperationKind): [string, keyof FieldTypes][] {
  return Object.entries(OPERATION_KINDS[kind].fields);
}

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
  if (!Object.hasOwn(OPERATION_KINDS, name)) kind.refuse("expected a kind of operation");
  const operation: Record<string, unknown> = { kind: name };
  for (const [field, type] of listFields(name as OperationKind)) {
    operation[field] = parseField(item, field, type);
  }
  const parsed = operation as unknown as Operation;
  if (!isAllowed(parsed)) {
    item.field("path").refuse("expected a place where torcx writes", `is ${quote(decodePath(parsed.path))}`);
  }
  return parsed;
}

function parseField(item: JsonCursor, name: string, type: keyof FieldTypes): unknown {
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
