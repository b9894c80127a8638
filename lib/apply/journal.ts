/**
 * Owns RUN/`journal.json`: what a run is about to do, so that one that was killed can be taken back. It is
 * believed only as far as nobody else could have written it, and refuses what torcx would not do.
 */

import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import { isErrno, listMessages, quote, TorcxError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { decodeText, type JsonCursor, parseManifest } from "../manifest/json.ts";
import type { ApplyMode } from "../manifest/report.ts";
import type { Root } from "../sys/root.ts";
import type { Operation } from "./operations.ts";
import { isKnownTarget } from "./targets.ts";
import { findDistrust } from "./trust.ts";

/** The kind of the journal. Only the version that wrote one reads it: it does not outlive the boot. */
const JOURNAL_KIND = "torcx-journal-v0";

/** What a run is about to do; it lies in RUN while the run lasts. */
export interface Journal {
  mode: ApplyMode;
  operations: Operation[];
}

/** The journal of a large profile: a line per propagated file. */
const JOURNAL_BYTES_MAX = 64 * 1024 * 1024;
/** Mode of the file: nobody else has to read it. */
const JOURNAL_MODE = 0o600;
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

/** Returns the path of the journal. */
export function getJournalPath(settings: Settings): ByteString {
  return encodePath(`${settings.runDir}/journal.json`);
}

/** Writes the journal, before the first of its operations is carried out. */
export function writeJournal(root: Root, settings: Settings, journal: Journal): void {
  // Byte strings hold one character per byte, which JSON keeps as it is.
  const text = new TextEncoder().encode(JSON.stringify({ kind: JOURNAL_KIND, value: journal }));
  root.writeFileAtomic(getJournalPath(settings), text, JOURNAL_MODE);
}

/**
 * Reads the journal of a run that was killed; undefined if there is none.
 *
 * @throws {TorcxError} `invalid` if it cannot be believed, or says what no torcx does.
 */
export function readJournal(root: Root, settings: Settings): Journal | undefined {
  const path = getJournalPath(settings);
  const name = decodePath(path);
  try {
    const stat = root.findLstat(path);
    if (stat === undefined) return undefined;
    const distrust = stat.type === "file" ? findDistrust(stat) : `it is a ${stat.type}`;
    if (distrust !== undefined) {
      throw new TorcxError("invalid", `Cannot trust ${quote(name)}: ${distrust}`);
    }
    return parseJournal(decodeText(root.readFile(path, JOURNAL_BYTES_MAX), name), name, settings);
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return undefined;
    if (!(cause instanceof TorcxError) || cause.code !== "invalid") throw cause;
    throw new TorcxError(
      "invalid",
      `Cannot take back the earlier run: its journal ${quote(name)} cannot be used`,
      {
        cause,
        hint: "Restart the system: all that torcx makes is gone then",
      },
    );
  }
}

/** As {@linkcode readJournal}, undefined too if it cannot be used, or this user may not read it. */
export function findJournal(root: Root, settings: Settings): Journal | undefined {
  try {
    return readJournal(root, settings);
  } catch (error) {
    if (isErrno(error, "EACCES")) return undefined;
    if (error instanceof TorcxError && error.code === "invalid") return undefined;
    throw error;
  }
}

/** Parses a journal's text. */
function parseJournal(text: string, source: string, settings: Settings): Journal {
  const { value } = parseManifest(text, source, [JOURNAL_KIND]);
  const mode = value.field("mode");
  if (!(MODES as string[]).includes(mode.asString())) mode.refuse(`expected one of ${MODES.join(", ")}`);
  const operations = value.field("operations").items().map((item) => parseOperation(item, settings));
  return { mode: mode.asString() as ApplyMode, operations };
}

function parseOperation(item: JsonCursor, settings: Settings): Operation {
  const kind = item.field("kind");
  const name = kind.asString();
  if (!Object.hasOwn(FIELDS, name)) kind.refuse("expected a kind of operation");
  const operation: Record<string, unknown> = { kind: name };
  for (const [field, type] of Object.entries(FIELDS[name as Operation["kind"]]) as [string, FieldType][]) {
    operation[field] = parseField(item, field, type);
  }
  const parsed = operation as unknown as Operation;
  if (!isKnownTarget(settings, parsed)) {
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

/** Removes the journal: what it says is done, or taken back. */
export function removeJournal(root: Root, settings: Settings): void {
  const path = getJournalPath(settings);
  if (root.findLstat(path) !== undefined) root.unlink(path);
}

/** As {@linkcode removeJournal} once the system is sealed: what fails is told, and decides nothing. */
export function dropJournal(root: Root, settings: Settings, log: Logger): void {
  try {
    removeJournal(root, settings);
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    log.warning(`sealed, but the journal cannot be removed: ${listMessages(error).join(": ")}`);
  }
}
