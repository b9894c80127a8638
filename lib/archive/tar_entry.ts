/**
 * Owns the merge of all headers of one entry: type, names, size, owner, time. Sizes are settled here, after
 * PAX, so that no later step can read data as headers.
 */

import { type ByteString, decodePath } from "../bytes.ts";
import { ArchiveError, quote } from "../errors.ts";
import type { EntryType, TarEntry } from "./entry.ts";
import { findAttributes, type PaxAttributes, type PaxRecords } from "./pax.ts";
import { findPaxSparse, type PaxSparse } from "./sparse.ts";
import { checkOwner, nameFault, type TarHeader } from "./tar_header.ts";
import { parseDecimal, parsePaxTime, type TarTime } from "./tar_numbers.ts";

/** Headers that came before an entry's own. */
export interface PendingHeaders {
  pax: PaxRecords | undefined;
  /** GNU `L`. */
  longName: ByteString | undefined;
  /** GNU `K`. */
  longLink: ByteString | undefined;
}

/** An entry, and how much data follows it. */
export interface MergedEntry {
  entry: TarEntry;
  /** Bytes in the archive, without padding. */
  storedSize: number;
  /** Whether the data is the file's; else it is read past. */
  hasContent: boolean;
  /** A sparse map of format 1.0 leads the data. */
  hasLeadingMap: boolean;
  warnings: string[];
}

const TYPES: Record<string, EntryType> = {
  "0": "file",
  "\0": "file",
  "7": "file",
  S: "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "directory",
  D: "directory",
  "6": "fifo",
};

/** Types whose size says how much data follows. */
const HAS_DATA = new Set(["0", "\0", "7", "S", "D"]);

/** Linux: PATH_MAX 4096 with its NUL, NAME_MAX 255. */
const PATH_BYTES_MAX = 4095;
const COMPONENT_BYTES_MAX = 255;
const DEPTH_MAX = 1024;

/**
 * Merges an entry's headers.
 *
 * @throws {ArchiveError} naming the entry, if its type, a name, a size or an owner is refused.
 */
export function mergeHeaders(header: TarHeader, pending: PendingHeaders): MergedEntry {
  const { sparse, attributes, size, uid, gid, mtime } = decodeHeaders(header, pending);
  const path = pickPath(header, pending, sparse);
  const refuse = (reason: string): never => refuseEntry(path, reason);
  checkName(path);
  let type = TYPES[header.flag] ?? refuse(describeUnknown(header.flag));
  const declaredSize = size ?? header.size;
  const hasData = declaredSize > 0 || sparse !== undefined;
  if (type === "file" && header.flag !== "S" && isDirectoryName(path, hasData)) type = "directory";
  if (header.flag === "S" && sparse !== undefined) refuse("it has both a GNU and a PAX sparse map");
  // Old tars repeat the file's size in the header of a link, without data. Where data follows all the
  // same, it is no header that could be read.
  if (type === "hardlink" && size !== undefined && size > 0) {
    refuse(`it is a hard link with ${size} bytes of data`);
  }
  // Data follows what claims to be a file; the size of a link, device or directory means nothing.
  const storedSize = HAS_DATA.has(header.flag) ? declaredSize : 0;
  const isSparse = type === "file" && sparse !== undefined;
  const linkTarget = type === "symlink" || type === "hardlink" ? pickLink(header, pending, path) : EMPTY;
  return {
    entry: {
      type,
      path,
      linkTarget,
      mode: header.mode,
      uid,
      gid,
      size: type === "file" ? (isSparse ? sparse.realSize : storedSize) : 0,
      mtimeSec: mtime.seconds,
      mtimeNsec: mtime.nanoseconds,
      xattrs: attributes === undefined || attributes.xattrs.size === 0 ? undefined : attributes.xattrs,
      sparse: isSparse ? sparse.regions : undefined,
    },
    storedSize,
    hasContent: type === "file",
    hasLeadingMap: isSparse && sparse.regions === undefined,
    warnings: (attributes?.warnings ?? []).map((text) => `entry ${quote(decodePath(path))}: ${text}`),
  };
}

const EMPTY = "" as ByteString;

function describeUnknown(flag: string): string {
  if (flag === "M") return "it is the rest of a file whose start is on another volume";
  return `its type ${quote(flag)} is not known`;
}

/** Names of the image root: empty, `.`, `/`, and what is made of these. */
const ROOT_NAME = /^(?:\.?\/)*\.?$/;

/**
 * Returns whether a file by its type is a directory by its name: before ustar a trailing slash was how
 * one was told, and the image root can be nothing else. A root with data is no directory that somebody meant.
 */
function isDirectoryName(path: ByteString, hasData: boolean): boolean {
  return ROOT_NAME.test(path) ? !hasData : path.endsWith("/");
}

/** Refuses an entry by name. */
export function refuseEntry(path: ByteString, reason: string): never {
  throw new ArchiveError(`Cannot read tar entry ${quote(decodePath(path))}: ${reason}`);
}

/** What the records of an extended header and the header below it come to. */
interface DecodedHeaders {
  sparse: PaxSparse | undefined;
  attributes: PaxAttributes | undefined;
  /** The PAX size. */
  size: number | undefined;
  uid: number;
  gid: number;
  mtime: TarTime;
}

/** Decodes all that may be malformed, so that what is wrong is told under the entry's name. */
function decodeHeaders(header: TarHeader, { pax, longName }: PendingHeaders): DecodedHeaders {
  const get = (key: string): string | undefined => pax?.values.get(key) || undefined;
  const getNumber = (key: string): number | undefined => {
    const text = get(key);
    return text === undefined ? undefined : parseDecimal(text, `PAX ${key}`);
  };
  const time = get("mtime");
  try {
    return {
      sparse: pax === undefined ? undefined : findPaxSparse(pax),
      attributes: pax === undefined ? undefined : findAttributes(pax),
      size: getNumber("size"),
      uid: checkOwner(getNumber("uid") ?? header.uid, "uid"),
      gid: checkOwner(getNumber("gid") ?? header.gid, "gid"),
      mtime: time === undefined ? { seconds: header.mtime, nanoseconds: 0 } : parsePaxTime(time),
    };
  } catch (cause) {
    throw nameFault((get("path") ?? longName ?? header.name) as ByteString, cause);
  }
}

function pickPath(header: TarHeader, { pax, longName }: PendingHeaders, sparse?: PaxSparse): ByteString {
  const fromPax = (pax?.values.get("path") || undefined) as ByteString | undefined;
  if (fromPax !== undefined && longName !== undefined && fromPax !== longName) {
    refuseEntry(longName, `the PAX path ${quote(decodePath(fromPax))} disagrees with the GNU long name`);
  }
  return sparse?.name ?? fromPax ?? longName ?? header.name;
}

function pickLink(header: TarHeader, { pax, longLink }: PendingHeaders, path: ByteString): ByteString {
  const fromPax = (pax?.values.get("linkpath") || undefined) as ByteString | undefined;
  if (fromPax !== undefined && longLink !== undefined && fromPax !== longLink) {
    refuseEntry(path, "the PAX linkpath disagrees with the GNU long link name");
  }
  const target = fromPax ?? longLink ?? header.linkName;
  if (target === "") refuseEntry(path, "its link target is empty");
  if (target.length > PATH_BYTES_MAX) {
    refuseEntry(path, `its link target has ${target.length} bytes, more than ${PATH_BYTES_MAX}`);
  }
  return target;
}

function checkName(path: ByteString): void {
  if (path.length > PATH_BYTES_MAX) {
    refuseEntry(
      path.slice(0, 80) as ByteString,
      `its name has ${path.length} bytes, more than ${PATH_BYTES_MAX}`,
    );
  }
  // Short names cannot break the other limits.
  if (path.length <= COMPONENT_BYTES_MAX) return;
  const names = path.split("/");
  if (names.length > DEPTH_MAX) refuseEntry(path, `it is more than ${DEPTH_MAX} levels deep`);
  if (names.some((name) => name.length > COMPONENT_BYTES_MAX)) {
    refuseEntry(path, `a part of its name has more than ${COMPONENT_BYTES_MAX} bytes`);
  }
}
