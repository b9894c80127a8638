/**
 * Owns archives that would take much memory if it grew with them: many directories, many and large extended
 * attributes, many small files, sparse maps. Each is made piece by piece and packed by gzip.
 */

import { concat, directory, END, entry, file, header, pax } from "./tar_builder.ts";

/** What a heavy archive holds. */
export interface HeavyArchive {
  /** Directories below one directory. */
  directories?: number;
  /** How many extended attributes each directory has, and how many bytes each. */
  attributes?: { count: number; bytes: number };
  /** Files of 1 000 bytes, ten in a directory. */
  files?: number;
  /** Files of nothing but holes, each with a map of so many regions. */
  sparse?: { count: number; regions: number };
  /** Attributes of `trusted.` names, each another, one on each of so many files. */
  skipped?: number;
}

const PIECE_BYTES = 1 << 20;
/** Offsets of the checksum field, and of a number in the name field. */
const [CHECKSUM_AT, NUMBER_AT] = [148, 2];
const DIGITS = 7;

/** Writes such an archive as a tgz. */
export async function writeHeavyArchive(path: string, parts: HeavyArchive): Promise<void> {
  const out = await Deno.open(path, { write: true, create: true, truncate: true });
  await ReadableStream.from(join(makeBlocks(parts)))
    .pipeThrough(new CompressionStream("gzip"))
    .pipeTo(out.writable);
}

/** Joins small blocks to pieces that are worth a turn of the stream. */
function* join(blocks: Iterable<Uint8Array<ArrayBuffer>>): Generator<Uint8Array<ArrayBuffer>> {
  let piece = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  for (const block of blocks) {
    if (filled + block.length > piece.length) {
      yield piece.subarray(0, filled);
      piece = new Uint8Array(Math.max(PIECE_BYTES, block.length));
      filled = 0;
    }
    piece.set(block, filled);
    filled += block.length;
  }
  yield piece.subarray(0, filled);
}

function* makeBlocks(parts: HeavyArchive): Generator<Uint8Array<ArrayBuffer>> {
  yield directory("d");
  const head = parts.attributes === undefined ? undefined : makeAttributes(parts.attributes);
  const numbered = header({ name: `d/${"0".repeat(DIGITS)}`, type: "5", mode: 0o755 });
  for (let index = 0; index < (parts.directories ?? 0); index++) {
    if (head !== undefined) yield head;
    yield numberBlock(numbered, index);
  }
  const data = "x".repeat(1000);
  for (let index = 0; index < (parts.files ?? 0); index++) {
    const parent = `files${Math.floor(index / 10)}`;
    if (index % 10 === 0) yield directory(parent);
    yield file(`${parent}/file${index}`, data);
  }
  for (let index = 0; index < (parts.sparse?.count ?? 0); index++) {
    yield makeSparseFile(`sparse${index}`, parts.sparse!.regions);
  }
  for (let index = 0; index < (parts.skipped ?? 0); index++) {
    yield pax({ [`SCHILY.xattr.trusted.${index}.${"x".repeat(200)}`]: "1" });
    yield file(`skipped${index}`);
  }
  yield END;
}

/** Returns a header with its name's number set, and its checksum. */
function numberBlock(template: Uint8Array<ArrayBuffer>, index: number): Uint8Array<ArrayBuffer> {
  const digits = String(index).padStart(DIGITS, "0");
  for (let at = 0; at < DIGITS; at++) template[NUMBER_AT + at] = digits.charCodeAt(at);
  template.fill(0x20, CHECKSUM_AT, CHECKSUM_AT + 8);
  let sum = 0;
  for (const byte of template) sum += byte;
  const text = `${sum.toString(8).padStart(6, "0")}\0`;
  for (let at = 0; at < text.length; at++) template[CHECKSUM_AT + at] = text.charCodeAt(at);
  return template;
}

function makeAttributes({ count, bytes }: { count: number; bytes: number }): Uint8Array<ArrayBuffer> {
  const value = "0123456789abcdef".repeat(Math.ceil(bytes / 16)).slice(0, bytes);
  return pax(Array.from({ length: count }, (_, index) => [`SCHILY.xattr.user.${index}`, value] as const));
}

/** A file of format 0.1 whose regions are all empty, one after the other. */
function makeSparseFile(name: string, regions: number): Uint8Array<ArrayBuffer> {
  const map = Array.from({ length: regions }, (_, index) => `${index},0`).join(",");
  return concat(
    pax({
      "GNU.sparse.size": String(regions),
      "GNU.sparse.numblocks": String(regions),
      "GNU.sparse.map": map,
    }),
    entry({ name }),
  );
}
