/**
 * Owns what a file is by its first bytes, where it is not what its name says: an archive of another kind,
 * a download that became an error page, nothing at all. No byte of it is shown: it may be a secret.
 */

import { ArchiveError } from "../errors.ts";
import { BLOCK_BYTES, hasChecksum } from "./tar_header.ts";

/** How much of a file's start is looked at: a header of tar. */
export const HEAD_BYTES = BLOCK_BYTES;

/** What an image archive is read as. */
export type ArchiveContent = "gzip" | "squashfs" | "tar";

interface Kind {
  /** Completes "the file is". */
  name: string;
  /** The way out. */
  hint: string;
  /** How it may start, as latin1. */
  magic: readonly string[];
}

const repack = (program: string): string =>
  `Pack it by gzip instead: ${program} FILE | gzip -n > IMAGE:REFERENCE.torcx.tgz`;
const REPLACE = "Make a tar archive of its files, and pack that by gzip";
const FETCH = "Download it anew, and look at what the server answers";
const COPY = "Copy or download it anew";

/** Each by its file(1) magic. */
const KINDS: readonly Kind[] = [
  {
    name: "gzip",
    magic: ["\x1f\x8b"],
    hint: "It is packed once more than its name says: unpack it once, by gzip -dc, or give it a name in .tgz",
  },
  {
    name: "a squashfs",
    magic: ["hsqs"],
    hint: "A squashfs is an image as it is: let its name end in .torcx.squashfs, and do not pack it",
  },
  {
    name: "a squashfs of another byte order",
    magic: ["sqsh"],
    hint: "Make it anew by mksquashfs 4.0 or later",
  },
  { name: "xz", magic: ["\xfd7zXZ\0"], hint: repack("xz -dc") },
  { name: "zstd", magic: ["\x28\xb5\x2f\xfd"], hint: repack("zstd -dc") },
  { name: "bzip2", magic: Array.from("123456789", (level) => `BZh${level}`), hint: repack("bzip2 -dc") },
  { name: "lz4", magic: ["\x04\x22\x4d\x18"], hint: repack("lz4 -dc") },
  { name: "lzma", magic: ["\x5d\0\0"], hint: repack("xz -dc") },
  { name: "lzip", magic: ["LZIP"], hint: repack("lzip -dc") },
  { name: "lzop", magic: ["\x89LZO\0"], hint: repack("lzop -dc") },
  { name: "compress", magic: ["\x1f\x9d"], hint: repack("gzip -dc") },
  { name: "a zip archive", magic: ["PK\x03\x04", "PK\x05\x06"], hint: REPLACE },
  { name: "a 7z archive", magic: ["7z\xbc\xaf\x27\x1c"], hint: REPLACE },
  { name: "a cpio archive", magic: ["070701", "070702", "070707", "\xc7\x71", "\x71\xc7"], hint: REPLACE },
  {
    name: "a Debian package",
    magic: ["!<arch>\ndebian-binary"],
    hint: "Pack what it installs: dpkg-deb --fsys-tarfile FILE | gzip -n > IMAGE:REFERENCE.torcx.tgz",
  },
  { name: "an ar archive", magic: ["!<arch>\n"], hint: REPLACE },
  {
    name: "an RPM package",
    magic: ["\xed\xab\xee\xdb"],
    hint: "Unpack it by rpm2cpio, make a tar archive of its files, and pack that by gzip",
  },
  { name: "an ELF program", magic: ["\x7fELF"], hint: REPLACE },
  { name: "a Git LFS pointer", magic: ["version https://git-lfs."], hint: "Fetch the file: git lfs pull" },
];

const TAR: Kind = {
  name: "tar",
  magic: [],
  hint: "Pack it: gzip -n FILE, and let its name end in .torcx.tgz",
};
const EMPTY: Kind = { name: "empty", magic: [], hint: COPY };
const ZEROS: Kind = { name: "zeros", magic: [], hint: COPY };
const TEXT: Kind = { name: "text", magic: [], hint: COPY };
/** What servers answer instead of a file, by the start of the text without blanks, in lower case. */
const ANSWERS: readonly [start: RegExp, kind: Kind][] = [
  [/^<(?:!doctype html|html|head|body)\b/, {
    name: "HTML, perhaps the error page of a download",
    magic: [],
    hint: FETCH,
  }],
  [/^<\?xml\b/, { name: "XML, perhaps the error page of a download", magic: [], hint: FETCH }],
  [/^[{[]/, { name: "JSON, perhaps the error of a download", magic: [], hint: FETCH }],
];

/** Which of them a file starts as: gzip is before tar, which may be in it. */
const STARTS: readonly [content: Exclude<ArchiveContent, "tar">, magic: string][] = [
  ["gzip", "\x1f\x8b"],
  ["squashfs", "hsqs"],
];

/** Returns what an archive is by its start, undefined if it is neither gzip nor squashfs. */
export function findPacking(head: Uint8Array): Exclude<ArchiveContent, "tar"> | undefined {
  return STARTS.find(([, magic]) => hasText(head, 0, magic))?.[0];
}

/**
 * Checks that a file starts as what it is to be.
 *
 * @param head its first {@linkcode HEAD_BYTES}, or all of it.
 * @throws {ArchiveError} naming what it is instead, where that is known.
 */
export function checkContent(wanted: Exclude<ArchiveContent, "tar">, head: Uint8Array): void {
  const magic = STARTS.find(([content]) => content === wanted)![1];
  // What ends within the magic is cut off, which its reader says.
  if (hasText(head, 0, magic.slice(0, Math.max(1, head.length)))) return;
  throw describeContent(wanted, head) ??
    new ArchiveError(`Cannot read ${wanted}: the file does not start as one`);
}

/**
 * Returns the error of content that is not the wanted one; undefined if it is not known either.
 *
 * @param head its first {@linkcode HEAD_BYTES}, or all of it.
 */
export function describeContent(wanted: ArchiveContent, head: Uint8Array): ArchiveError | undefined {
  const kind = findKind(head);
  if (kind === undefined || (kind === TAR && wanted === "tar")) return undefined;
  const what = wanted === "tar" ? "its content" : "the file";
  const not = kind === EMPTY ? "" : `, not ${wanted}`;
  return new ArchiveError(`Cannot read ${wanted}: ${what} is ${kind.name}${not}`, { hint: kind.hint });
}

function findKind(head: Uint8Array): Kind | undefined {
  if (head.length === 0) return EMPTY;
  const known = KINDS.find(({ magic }) => magic.some((text) => hasText(head, 0, text)));
  if (known !== undefined) return known;
  if (head.every((byte) => byte === 0)) return ZEROS;
  if (hasText(head, 257, "ustar") || (head.length >= BLOCK_BYTES && hasChecksum(head, 0))) return TAR;
  const text = findText(head);
  if (text === undefined) return undefined;
  const start = text.trimStart().toLowerCase();
  return ANSWERS.find(([pattern]) => pattern.test(start))?.[1] ?? TEXT;
}

function hasText(head: Uint8Array, at: number, text: string): boolean {
  if (head.length < at + text.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (head[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** Returns the head as text, undefined if it has what text has not. */
function findText(head: Uint8Array): string | undefined {
  const label = hasText(head, 0, "\xff\xfe")
    ? "utf-16le"
    : hasText(head, 0, "\xfe\xff")
    ? "utf-16be"
    : "utf-8";
  try {
    // The head may end within a character. A copy: the decoder takes no shared memory.
    const text = new TextDecoder(label, { fatal: true }).decode(head.slice(), { stream: true });
    // deno-lint-ignore no-control-regex
    return /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
