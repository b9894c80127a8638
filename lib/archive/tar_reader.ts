/**
 * Owns the walk through a tar stream: chunks cut anywhere go in, entries and pieces of data come out, at once
 * and without copies of the data. It refuses to write: the sink does what it will. It has over 300 lines as
 * it is one state machine, whose steps share what the stream has given so far.
 */

import { decodePath } from "../bytes.ts";
import { ArchiveError, quote } from "../errors.ts";
import type { EntrySink, SparseMap, TarEntry } from "./entry.ts";
import { describeContent } from "./magic.ts";
import { parsePaxRecords, type PaxRecords } from "./pax.ts";
import {
  checkRegions,
  extendGnuSparse,
  type GnuSparse,
  parseGnuSparse,
  PaxMapParser,
  RegionCursor,
} from "./sparse.ts";
import { checkAfterZero, isSecondArchive, SECOND_ARCHIVE } from "./tar_end.ts";
import { type MergedEntry, mergeHeaders, type PendingHeaders, refuseEntry } from "./tar_entry.ts";
import { BLOCK_BYTES, isZeroBlock, nameFault, parseHeader, readName, type TarHeader } from "./tar_header.ts";

/** Bodies of headers that describe other headers. */
const HEADER_BODY_MAX = 1024 * 1024;
const ENTRIES_MAX = 4_000_000;

type State =
  /** A header block, or the end. */
  | "header"
  /** After one zero block. */
  | "zero"
  /** After two: nothing of the rest counts, but a second archive is told. */
  | "end"
  /** After that was told. */
  | "second"
  /** The body of `x`, `g`, `L` or `K`. */
  | "meta"
  /** Extension blocks of an old GNU sparse header. */
  | "extension"
  /** The map that leads the data of PAX sparse 1.0. */
  | "map"
  | "data"
  | "padding";

/** Global records that would change what is unpacked. */
const GLOBAL_KEYS = ["path", "linkpath", "size", "uid", "gid"];

/** Parses the records of an extended header, whose own name is all that is known in a fault. */
function parseRecords(header: TarHeader, body: Uint8Array<ArrayBuffer>): PaxRecords {
  try {
    return parsePaxRecords(body);
  } catch (cause) {
    throw nameFault(header.name, cause);
  }
}

/** Reads a tar stream that is pushed in. */
export class TarReader {
  readonly #sink: EntrySink;
  #state: State = "header";
  /** Whether nothing of the stream was understood yet. */
  #isStart = true;
  #entries = 0;
  /** A block that a chunk's border has cut. */
  readonly #carry: Uint8Array<ArrayBuffer> = new Uint8Array(BLOCK_BYTES);
  #carried = 0;
  #pending: PendingHeaders = { pax: undefined, longName: undefined, longLink: undefined };
  #meta: { header: TarHeader; body: Uint8Array<ArrayBuffer>; filled: number } | undefined;
  /** Memory for the bodies of `x`, of which attributes are part until their entry ends, and of the others. */
  readonly #bodies = { x: new Uint8Array(0), other: new Uint8Array(0) };
  #merged: MergedEntry | undefined;
  #gnu: { header: TarHeader; sparse: GnuSparse } | undefined;
  #map: PaxMapParser | undefined;
  /** Bytes of data still to come, then of padding. */
  #left = 0;
  #padding = 0;
  readonly #cursor: RegionCursor;

  constructor(sink: EntrySink) {
    this.#sink = sink;
    this.#cursor = new RegionCursor((data, offset) => sink.onData(data, offset));
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @throws {ArchiveError} if they are no valid tar; what the sink throws comes through.
   */
  push(chunk: Uint8Array<ArrayBuffer>): void {
    let at = 0;
    while (at < chunk.length && this.#state !== "second") {
      if (this.#state === "data") at = this.#takeData(chunk, at);
      else if (this.#state === "meta") at = this.#takeMeta(chunk, at);
      else if (this.#state === "padding") at = this.#takePadding(chunk, at);
      else at = this.#takeBlock(chunk, at);
    }
  }

  /**
   * Ends the stream.
   *
   * @throws {ArchiveError} if it is cut off.
   */
  end(): void {
    if (this.#state === "end" || this.#state === "second") return;
    const isCut = this.#carried > 0 &&
      !(this.#state === "zero" && isZeroBlock(this.#carry, 0, this.#carried));
    if (isCut || !["header", "zero"].includes(this.#state)) {
      if (this.#merged !== undefined) refuseEntry(this.#merged.entry.path, "the archive is cut off in it");
      const foreign = this.#isStart
        ? describeContent("tar", this.#carry.subarray(0, this.#carried))
        : undefined;
      throw foreign ?? new ArchiveError("Cannot read tar: the archive is cut off in a header");
    }
    this.#checkNothingPending();
  }

  /** Takes a whole block, from the chunk itself where it lies in one piece. */
  #takeBlock(chunk: Uint8Array<ArrayBuffer>, at: number): number {
    if (this.#carried === 0 && at + BLOCK_BYTES <= chunk.length) {
      this.#useBlock(chunk, at);
      return at + BLOCK_BYTES;
    }
    const count = Math.min(BLOCK_BYTES - this.#carried, chunk.length - at);
    this.#carry.set(chunk.subarray(at, at + count), this.#carried);
    this.#carried += count;
    if (this.#carried === BLOCK_BYTES) {
      this.#carried = 0;
      this.#useBlock(this.#carry, 0);
    }
    return at + count;
  }

  #useBlock(block: Uint8Array<ArrayBuffer>, at: number): void {
    switch (this.#state) {
      case "header":
      case "zero":
        return this.#useHeader(block, at);
      case "extension": {
        const { header, sparse } = this.#gnu!;
        try {
          extendGnuSparse(sparse, block, at);
        } catch (cause) {
          throw nameFault(header.name, cause);
        }
        if (sparse.regions.length * 12 > HEADER_BODY_MAX) {
          refuseEntry(header.name, "its sparse map is larger than 1 MiB");
        }
        if (!sparse.isExtended) this.#startGnuSparse();
        return;
      }
      case "map":
        return this.#useMap(block, at);
      case "end":
        if (!isSecondArchive(block, at)) return;
        this.#sink.onWarning(SECOND_ARCHIVE, "second-archive");
        this.#state = "second";
        return;
    }
  }

  #useHeader(block: Uint8Array<ArrayBuffer>, at: number): void {
    if (block[at] === 0 && isZeroBlock(block, at)) {
      this.#isStart = false;
      this.#checkNothingPending();
      this.#state = this.#state === "zero" ? "end" : "zero";
      return;
    }
    if (this.#state === "zero") {
      checkAfterZero(block, at);
      this.#state = "end";
      return;
    }
    const header = this.#parseHeader(block, at);
    switch (header.flag) {
      case "x":
      case "g":
      case "L":
      case "K":
        return this.#startMeta(header);
      case "S":
        if (header.dialect !== "gnu") {
          refuseEntry(header.name, "it is a GNU sparse file without a GNU header");
        }
        try {
          this.#gnu = { header, sparse: parseGnuSparse(block, at) };
        } catch (cause) {
          throw nameFault(header.name, cause);
        }
        if (this.#gnu.sparse.isExtended) this.#state = "extension";
        else this.#startGnuSparse();
        return;
      case "V":
        return this.#skipLabel(header);
      default:
        return this.#startEntry(mergeHeaders(header, this.#pending));
    }
  }

  #parseHeader(block: Uint8Array<ArrayBuffer>, at: number): TarHeader {
    if (!this.#isStart) return parseHeader(block, at);
    try {
      const header = parseHeader(block, at);
      this.#isStart = false;
      return header;
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      throw describeContent("tar", block.subarray(at, at + BLOCK_BYTES)) ?? error;
    }
  }

  /** `tar -V` writes one; it makes nothing. */
  #skipLabel({ name, size }: TarHeader): void {
    this.#checkNothingPending();
    // GNU tar would read past the data, bsdtar would not.
    if (size > 0) refuseEntry(name, `it is a volume label with ${size} bytes of data`);
    this.#sink.onDebug(`the volume label ${quote(decodePath(name))} is skipped`);
  }

  #checkNothingPending(): void {
    const { pax, longName, longLink } = this.#pending;
    if (pax !== undefined || longName !== undefined || longLink !== undefined) {
      throw new ArchiveError("Cannot read tar: an extended header has no entry after it");
    }
  }

  #startMeta(header: TarHeader): void {
    const { size, name } = header;
    if (size > HEADER_BODY_MAX) {
      refuseEntry(name, `its extended header has ${size} bytes, more than ${HEADER_BODY_MAX}`);
    }
    const body = this.#takeBody(header.flag === "x" ? "x" : "other", size);
    this.#meta = { header, body, filled: 0 };
    this.#padding = -size & (BLOCK_BYTES - 1);
    if (size === 0) this.#endMeta();
    else this.#state = "meta";
  }

  /** One memory for all headers: what waits for the collector would be many times as much. */
  #takeBody(kind: "x" | "other", size: number): Uint8Array<ArrayBuffer> {
    if (this.#bodies[kind].length < size) {
      const length = Math.min(Math.max(2 * this.#bodies[kind].length, size), HEADER_BODY_MAX);
      this.#bodies[kind] = new Uint8Array(length);
    }
    return this.#bodies[kind].subarray(0, size);
  }

  #takeMeta(chunk: Uint8Array<ArrayBuffer>, at: number): number {
    const meta = this.#meta!;
    const count = Math.min(meta.body.length - meta.filled, chunk.length - at);
    meta.body.set(chunk.subarray(at, at + count), meta.filled);
    meta.filled += count;
    if (meta.filled === meta.body.length) this.#endMeta();
    return at + count;
  }

  #endMeta(): void {
    const { header, body } = this.#meta!;
    const { flag } = header;
    this.#meta = undefined;
    this.#state = this.#padding > 0 ? "padding" : "header";
    if (flag === "x") this.#pending.pax = parseRecords(header, body);
    else if (flag === "L") this.#pending.longName = readName(body, 0, body.length);
    else if (flag === "K") this.#pending.longLink = readName(body, 0, body.length);
    else {
      const { values } = parseRecords(header, body);
      const keys = GLOBAL_KEYS.filter((key) => values.has(key));
      if (keys.length > 0) {
        const message = `a global PAX header is ignored: it sets ${keys.join(", ")}`;
        this.#sink.onWarning(message, "header-ignored");
      }
    }
  }

  #startGnuSparse(): void {
    const { header, sparse } = this.#gnu!;
    this.#gnu = undefined;
    const merged = mergeHeaders(header, this.#pending);
    merged.entry.size = sparse.realSize;
    merged.entry.sparse = sparse.regions;
    this.#startEntry(merged);
  }

  #startEntry(merged: MergedEntry): void {
    if (++this.#entries > ENTRIES_MAX) {
      refuseEntry(merged.entry.path, `the archive has more than ${ENTRIES_MAX} entries`);
    }
    this.#pending = { pax: undefined, longName: undefined, longLink: undefined };
    for (const warning of merged.warnings) this.#sink.onWarning(warning, "attribute-left-out");
    this.#merged = merged;
    this.#left = merged.storedSize;
    this.#padding = -merged.storedSize & (BLOCK_BYTES - 1);
    if (merged.hasLeadingMap) {
      this.#map = new PaxMapParser();
      this.#state = "map";
    } else this.#startData(merged.entry);
  }

  #useMap(block: Uint8Array<ArrayBuffer>, at: number): void {
    const { entry } = this.#merged!;
    const map = this.#map!;
    let regions: SparseMap | undefined;
    try {
      regions = map.takeBlock(block, at);
    } catch (cause) {
      throw nameFault(entry.path, cause);
    }
    this.#left -= BLOCK_BYTES;
    if (map.bytes > HEADER_BODY_MAX) refuseEntry(entry.path, "its sparse map is larger than 1 MiB");
    if (this.#left < 0) refuseEntry(entry.path, "its sparse map is longer than its data");
    if (regions === undefined) return;
    this.#map = undefined;
    entry.sparse = regions;
    this.#startData(entry);
  }

  #startData(entry: TarEntry): void {
    this.#cursor.start(entry.sparse);
    if (entry.sparse !== undefined) {
      try {
        checkRegions(entry.sparse, entry.size, this.#left);
      } catch (cause) {
        throw nameFault(entry.path, cause);
      }
    }
    this.#sink.onEntry(entry);
    if (this.#left > 0) this.#state = "data";
    else this.#endData();
  }

  #takeData(chunk: Uint8Array<ArrayBuffer>, at: number): number {
    const count = Math.min(this.#left, chunk.length - at);
    if (this.#merged!.hasContent) this.#cursor.place(chunk.subarray(at, at + count));
    this.#left -= count;
    if (this.#left === 0) this.#endData();
    return at + count;
  }

  #endData(): void {
    this.#state = this.#padding > 0 ? "padding" : "header";
    if (this.#state === "header") this.#endEntry();
  }

  #takePadding(chunk: Uint8Array<ArrayBuffer>, at: number): number {
    const count = Math.min(this.#padding, chunk.length - at);
    this.#padding -= count;
    if (this.#padding === 0) {
      this.#state = "header";
      this.#endEntry();
    }
    return at + count;
  }

  #endEntry(): void {
    // The padding of an extended header ends no entry.
    if (this.#merged === undefined) return;
    this.#merged = undefined;
    this.#sink.onEntryEnd();
  }
}
