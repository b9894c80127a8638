/**
 * Owns the look into an archive without applying it: it is read to its end by the boot's own reader and
 * writer, but of its files only the names are kept. What it would propagate is told.
 */

import type { EntrySink, TarEntry } from "../archive/entry.ts";
import { type ByteString, encodePath } from "../bytes.ts";
import type { Archive } from "../catalog/stores.ts";
import { quote, TorcxError } from "../errors.ts";
import { formatImage } from "../manifest/names.ts";
import { readSpace } from "../sys/mounts.ts";
import { isRootUser } from "../sys/namespace.ts";
import type { OpenFile } from "../sys/open_file.ts";
import type { Root } from "../sys/root.ts";
import { type Asset, listAssets, readImageManifest } from "./assets.ts";
import { readImage } from "./read_image.ts";
import { normalizeEntryPath } from "./writer/entry_path.ts";
import type { Scratch } from "./scratch.ts";
import { checkSquashfs } from "./squashfs_check.ts";
import { type TreeCounts, TreeWriter } from "./writer/tree_writer.ts";

/** Options of {@linkcode inspectArchive}. */
export interface InspectOptions {
  /** Called again and again; what it throws ends the reading. */
  onProgress?: () => void;
  onWarning?: (message: string) => void;
  onDebug?: (message: string) => void;
}

/** What an archive is found to be. */
export interface Inspection {
  /** What it would propagate; undefined for a squashfs that could not be mounted. */
  assets: Asset[] | undefined;
  warnings: string[];
  counts: TreeCounts | undefined;
  /** What its files would take in a tmpfs, in bytes; 0 for a squashfs. */
  memoryBytes: number;
  /** How many inodes of a tmpfs its tree takes; undefined where that could not be counted. */
  inodes: number | undefined;
}

/** A manifest and what a symlink of that name may lead to is kept; larger ones are refused anyway. */
const KEPT_BYTES_MAX = 1024 * 1024;
const PAGE_BYTES = 4096;

/** Passes entries on to the tree writer, but drops the data of what is no manifest. */
class SkeletonSink implements EntrySink {
  memoryBytes = 0;
  unpackedBytes = 0;
  readonly #writer: TreeWriter;
  readonly #onProgress: () => void;
  #entryBytes = 0;
  #isKept = false;

  constructor(writer: TreeWriter, onProgress: () => void) {
    this.#writer = writer;
    this.#onProgress = onProgress;
  }

  onEntry(entry: TarEntry): void {
    this.#entryBytes = 0;
    this.#isKept = entry.size <= KEPT_BYTES_MAX && /^\.torcx\/|\.json$/.test(normalizeEntryPath(entry.path));
    this.#writer.onEntry(entry);
  }

  onData(data: Uint8Array<ArrayBuffer>, offset: number): void {
    this.#entryBytes += data.length;
    if (this.#isKept) this.#writer.onData(data, offset);
    this.#onProgress();
  }

  onEntryEnd(): void {
    this.unpackedBytes += this.#entryBytes;
    this.memoryBytes += Math.ceil(this.#entryBytes / PAGE_BYTES) * PAGE_BYTES;
    this.#writer.onEntryEnd();
  }

  onWarning(message: string): void {
    this.#writer.onWarning(message);
  }

  onDebug(message: string): void {
    this.#writer.onDebug(message);
  }
}

/**
 * Reads an archive to its end and lists its assets.
 *
 * @throws {TorcxError} `failed` if it is damaged or hostile, its manifest is malformed, or an asset is
 *   missing; the cause says what.
 */
export async function inspectArchive(
  root: Root,
  archive: Archive,
  scratch: Scratch,
  options: InspectOptions = {},
): Promise<Inspection> {
  const name = encodePath(archive.name);
  const image = quote(formatImage(archive));
  const attempt = `${image} from ${quote(archive.path)}`;
  try {
    using source = root.openFile(encodePath(archive.path));
    if (archive.format === "squashfs" && !scratch.canMount) {
      const warnings = [
        ...checkSquashfs(source).warnings,
        "a squashfs is not looked into, only root can mount it",
      ]
        .map((message) => `image ${image}: ${message}`);
      for (const warning of warnings) options.onWarning?.(warning);
      return { assets: undefined, warnings, counts: undefined, memoryBytes: 0, inodes: 1 };
    }
    scratch.root.makeDir(name, 0o755);
    return await readInto(source, archive, scratch, options);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", `Cannot use image ${attempt}`, { cause });
  } finally {
    clear(scratch, name, attempt);
  }
}

/** Of an archive that was found sound, too, what cannot be cleared away is an error: the next one comes here. */
function clear(scratch: Scratch, name: ByteString, attempt: string): void {
  try {
    scratch.root.removeTree(name);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", `Cannot look into image ${attempt}: it cannot be cleared away again`, {
      cause,
    });
  }
}

async function readInto(
  source: OpenFile,
  archive: Archive,
  { root: scratch, canMount }: Scratch,
  options: InspectOptions,
): Promise<Inspection> {
  const directory = encodePath(archive.name);
  const inodesBefore = countInodes(scratch);
  const warnings: string[] = [];
  const name = (message: string): string => `image ${quote(formatImage(archive))}: ${message}`;
  const onWarning = (message: string): void => {
    const text = name(message);
    warnings.push(text);
    options.onWarning?.(text);
  };
  const onDebug = (message: string): void => options.onDebug?.(name(message));
  using tree = scratch.openSub(directory);
  using writer = new TreeWriter(tree, { isOwnerKept: isRootUser(), onWarning, onDebug });
  const sink = new SkeletonSink(writer, options.onProgress ?? (() => {}));
  await readImage({ file: source, format: archive.format }, sink, {
    ...(archive.format === "squashfs"
      ? { mountPoint: { root: scratch, path: makeMountPoint(scratch) } }
      : {}),
    onProgress: () => options.onProgress?.(),
  });
  writer.finish();
  const list = listAssets(tree, readImageManifest(tree, archive.name), { imageName: archive.name });
  list.warnings.forEach(onWarning);
  return {
    assets: list.assets,
    warnings,
    counts: { ...writer.counts, unpackedBytes: sink.unpackedBytes },
    memoryBytes: archive.format === "squashfs" ? 0 : sink.memoryBytes,
    // The directory that it lies in, or is mounted on, is one more. Other file systems have other users.
    inodes: archive.format === "squashfs"
      ? 1
      : canMount
      ? 1 + countInodes(scratch) - inodesBefore
      : undefined,
  };
}

function countInodes(scratch: Root): number {
  const { totalInodes, freeInodes } = readSpace(scratch, encodePath("/"));
  return totalInodes - freeInodes;
}

/** Images are read one after another: one place serves them all. */
function makeMountPoint(scratch: Root): ByteString {
  const path = encodePath(".squashfs");
  if (scratch.findLstat(path) === undefined) scratch.makeDir(path, 0o755);
  return path;
}
