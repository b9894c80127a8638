/**
 * Owns the listings beside the corpus' archives: what GNU tar printed for each (`tar -tvf --full-time
 * --numeric-owner`, UTC), parsed back to entries. The corpus test compares unpacked trees with them.
 */

import { type ByteString, encodePath, fromBytes } from "../../lib/bytes.ts";
import type { EntryType } from "../../lib/archive/entry.ts";

/** One line of a listing. */
export interface ListedEntry {
  type: EntryType;
  /** Permission bits (07777). */
  mode: number;
  uid: number;
  gid: number;
  /** 0 for devices, whose line has their numbers in its place. */
  size: number;
  mtimeSec: number;
  mtimeNsec: number;
  path: ByteString;
  linkTarget: ByteString;
}

/** A listing, as far as it can be understood. */
export interface Listing {
  entries: ListedEntry[];
  /** The exit code of GNU tar: its list may end early if it is not 0. */
  code: number;
  /** Lines of another form: other types than tar's, or the end of a file that was cut. */
  oddLines: string[];
}

const TYPES: Record<string, EntryType> = {
  "-": "file",
  d: "directory",
  l: "symlink",
  h: "hardlink",
  p: "fifo",
  c: "char",
  b: "block",
};

const LINE =
  /^([-dlhpcb])([-rwxsStT]{9}) (\d+)\/(\d+) +(\d+(?:,\d+)?) (-?\d+-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d+))? +"((?:[^"\\]|\\.)*)"(?: (?:->|link to) "((?:[^"\\]|\\.)*)")?$/;

/** Reads the GNU tar part of a `.list` file. */
export function readListing(path: string): Listing {
  const text = fromBytes(Deno.readFileSync(path));
  const listing: Listing = {
    entries: [],
    code: Number(/^# gnu tar.* rc=(\d+)/m.exec(text)?.[1] ?? -1),
    oddLines: [],
  };
  for (const line of text.slice(text.indexOf("# gnu tar")).split("\n")) {
    if (line === "" || line.startsWith("# ")) continue;
    const entry = parseLine(line);
    if (entry === undefined) listing.oddLines.push(line);
    else listing.entries.push(entry);
  }
  return listing;
}

function parseLine(line: string): ListedEntry | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, type, mode, uid, gid, size, time, fraction = "", name, target = ""] = match;
  return {
    type: TYPES[type!]!,
    mode: parseMode(mode!),
    uid: Number(uid),
    gid: Number(gid),
    size: size!.includes(",") ? 0 : Number(size),
    mtimeSec: Date.parse(`${time!.replace(" ", "T")}Z`) / 1000,
    mtimeNsec: Number(fraction.padEnd(9, "0")),
    path: unquote(name!),
    linkTarget: unquote(target),
  };
}

/** `rwsr-xr-t` → its bits. */
function parseMode(text: string): number {
  let mode = 0;
  for (const [index, char] of [...text].entries()) {
    if (char !== "-" && char !== "S" && char !== "T") mode |= 0o400 >> index;
    if (/[sStT]/.test(char)) mode |= 0o4000 >> Math.floor(index / 3);
  }
  return mode;
}

const ESCAPES: Record<string, string> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** Undoes the quoting of C that GNU tar uses. */
function unquote(text: string): ByteString {
  if (!text.includes("\\")) return text as ByteString;
  return text.replace(
    /\\([0-7]{3}|.)/g,
    (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : ESCAPES[code] ?? code,
  ) as ByteString;
}

/** Makes an entry for tables of listings that GNU tar cannot give. */
export function listed(type: EntryType, path: string, fields: Partial<ListedEntry> = {}): ListedEntry {
  return {
    type,
    path: encodePath(path),
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtimeSec: 1500000000,
    mtimeNsec: 0,
    linkTarget: encodePath(""),
    ...fields,
  };
}
