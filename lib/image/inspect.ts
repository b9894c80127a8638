/**
 * Owns the look into archives without applying them: each is read to its end by the boot's own reader and writer, of
 * its data little is kept, and what it would propagate is found by the boot's own resolver. Of a squashfs that is the
 * mounted tree itself.
 */

import type { EntrySink, OnArchiveWarning } from "../archive/entry.ts";
import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import type { Archive } from "../catalog/stores.ts";
import { quote, TorcxError } from "../errors.ts";
import { formatImage } from "../manifest/names.ts";
import type { ReportFinding } from "../manifest/report.ts";
import { computeDigest } from "../sys/digest.ts";
import { readSpace } from "../sys/mounts.ts";
import { isRootUser } from "../sys/namespace.ts";
import type { Root } from "../sys/root.ts";
import { type Asset, type AssetList, MANIFEST_WISH, readImageAssets } from "./assets.ts";
import { completeFiles } from "./complete_files.ts";
import { type ImageContent, lookIntoTree } from "./findings/content.ts";
import { type Oddity, type OnOddity, toFinding } from "./findings/finding.ts";
import type { ProgramHost } from "./findings/program_host.ts";
import { checkImage, type ImageFile } from "./image_format.ts";
import { readImage } from "./read_image.ts";
import { describeSpace, isSpaceError } from "./space.ts";
import { openScratch, type Scratch } from "./scratch.ts";
import { limitWarnings } from "./unpack.ts";
import { SkeletonSink } from "./writer/skeleton_sink.ts";
import { TreeWriter } from "./writer/tree_writer.ts";

/** Options of {@linkcode inspectImages}. */
export interface InspectOptions {
  /** Where trees are made if they cannot be in a mount of their own, outside the root. */
  temporaryDir: string;
  /** `nr_inodes=` of the tmpfs of all images, if it is not the kernel's default. */
  bootInodes: string | undefined;
  /** Aborted when the reading is to end. */
  signal: AbortSignal;
  /** Told again and again which archive is being read, and undefined after each. */
  onProgress: (archive: Archive | undefined) => void;
  /** The system that the images are for. */
  host: ProgramHost;
  /** Told what is odd about an archive; what is odd about its content comes with it. */
  onFinding: (finding: ReportFinding) => void;
  onDebug: (message: string) => void;
}

/** What an archive that the boot could unpack or mount is found to be. */
export interface Inspection {
  /** What its tree tells; undefined for a squashfs that could not be mounted, and with a fault. */
  content: ImageContent | undefined;
  /** Why the boot would fail once its tree is there: its manifest, or an asset. */
  assetFault: TorcxError | undefined;
  /** Sizes of the assets that are copied, in bytes, by their path in the image. */
  copySizes: ReadonlyMap<ByteString, number>;
  /** Damage of a squashfs that the boot would not meet; undefined if there is none. */
  damage: TorcxError | undefined;
  /** What its files would take in a tmpfs, in bytes; 0 for a squashfs. */
  memoryBytes: number;
  /** How many inodes of a tmpfs its tree takes; undefined where that could not be counted. */
  inodes: number | undefined;
}

/** What came of looking into archives. */
export interface InspectionResult {
  /** An error is that of an archive that the boot could not unpack or mount. */
  inspections: Map<Archive, Inspection | TorcxError>;
  /** How many inodes there are by default, or for the boot if that is more; undefined where that is not known. */
  totalInodes: number | undefined;
}

/**
 * Looks into archives, one after another.
 *
 * @throws {TorcxError} `failed` if there is no place to do so. What `signal` was aborted by comes through.
 */
export async function inspectImages(
  root: Root,
  archives: readonly Archive[],
  options: InspectOptions,
): Promise<InspectionResult> {
  using scratch = openScratch(options.temporaryDir, options);
  const inspections: InspectionResult["inspections"] = new Map();
  for (const archive of archives) {
    try {
      inspections.set(archive, await inspectImage(root, archive, { ...options, scratch }));
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof TorcxError)) throw error;
      inspections.set(archive, error);
    } finally {
      options.onProgress(undefined);
    }
  }
  return { inspections, totalInodes: scratch.inodes };
}

/** What the look into one archive works with. */
interface Task extends Pick<Scratch, "canMount"> {
  image: ImageFile;
  archive: Archive;
  /** Where its tree may be. */
  scratch: Root;
  path: ByteString;
  host: ProgramHost;
  onProgress: () => void;
  onWarning: OnArchiveWarning;
  onOddity: OnOddity;
  onDebug: (message: string) => void;
}

async function inspectImage(
  root: Root,
  archive: Archive,
  { scratch, signal, host, onProgress, onFinding, onDebug }: InspectOptions & { scratch: Scratch },
): Promise<Inspection> {
  const title = `${quote(formatImage(archive))} from ${quote(archive.path)}`;
  const onOddity = (oddity: Oddity): void => onFinding(toFinding(oddity, archive));
  const path = encodePath(archive.name);
  try {
    using file = root.openFile(encodePath(archive.path));
    const task: Task = {
      image: { file, format: archive.format },
      archive,
      scratch: scratch.root,
      path,
      canMount: scratch.canMount,
      onProgress: () => {
        signal.throwIfAborted();
        onProgress(archive);
      },
      host,
      onWarning: limitWarnings((message, code) => onOddity({ code, message })),
      onOddity,
      onDebug: (message) => onDebug(`image ${quote(formatImage(archive))}: ${message}`),
    };
    if (archive.format === "squashfs" && !scratch.canMount) return checkOnly(task);
    scratch.root.makeDir(path, 0o755);
    return await (archive.format === "squashfs" ? inspectMounted(task) : inspectUnpacked(task));
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", `Cannot use image ${title}`, { cause });
  } finally {
    clear(scratch, { path, title });
  }
}

/** Of an archive that was found sound, too, what cannot be cleared away is an error: the next one comes here. */
function clear(scratch: Scratch, { path, title }: { path: ByteString; title: string }): void {
  try {
    scratch.root.removeTree(path);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", `Cannot look into image ${title}: it cannot be cleared away again`, {
      cause,
    });
  }
}

function checkOnly({ image, onOddity }: Task): Inspection {
  checkImage(image).forEach(onOddity);
  onOddity({ code: "not-looked-into", message: "a squashfs is not looked into, only root can mount it" });
  const nothing = { content: undefined, assetFault: undefined, damage: undefined, copySizes: new Map() };
  return { ...nothing, memoryBytes: 0, inodes: 1 };
}

/** Reads every file of a squashfs, and takes its assets from the very tree that the boot has. */
async function inspectMounted(task: Task): Promise<Inspection> {
  const { image, archive, scratch, path, host, onProgress, onWarning, onDebug } = task;
  let unreadable = 0;
  let first: TorcxError | undefined;
  let found: Pick<Inspection, "content" | "assetFault" | "copySizes"> | undefined;
  const ignore = (): void => {};
  const sink: EntrySink = { onEntry: ignore, onData: ignore, onEntryEnd: ignore, onWarning, onDebug };
  await readImage(image, sink, {
    mountPoint: { root: scratch, path },
    onProgress,
    onUnreadable: (file, cause) => {
      unreadable++;
      first ??= new TorcxError("archive", `Cannot read file ${quote(decodePath(file))}`, { cause });
    },
    onTree: (tree) => {
      const { list, ...rest } = findAssets(tree, () => {
        const list = readImageAssets(tree, archive);
        // Those that are copied are read at boot.
        if (unreadable > 0) {
          list.assets.filter(isCopied).forEach(({ source }) => computeDigest(tree, source));
        }
        return list;
      });
      found = { content: list && lookIntoTree(tree, { list, host }), ...rest };
    },
  });
  const damage = unreadable === 0
    ? undefined
    : new TorcxError("archive", `Cannot read ${unreadable} of its files, it is damaged`, {
      cause: first,
    });
  return { ...found!, damage, memoryBytes: 0, inodes: 1 };
}

async function inspectUnpacked(task: Task): Promise<Inspection> {
  const { image, archive, scratch, path, host, canMount, onProgress, onWarning, onDebug } = task;
  const inodesBefore = countInodes(scratch);
  using tree = scratch.openSub(path);
  const isOwnerKept = isRootUser();
  using writer = new TreeWriter(tree, { isOwnerKept, onWarning, onDebug });
  const sink = new SkeletonSink(writer, { isOwnerKept });
  try {
    await readImage(image, sink, { onProgress });
    writer.finish();
  } catch (cause) {
    if (!canMount || !isSpaceError(cause)) throw cause;
    const taken = { bytes: sink.memoryBytes, counts: writer.counts };
    const { state, hint } = describeSpace(scratch, encodePath("/"), taken);
    throw new TorcxError("no_space", `Cannot unpack it: ${state}`, { cause, hint });
  }
  // The directory that it lies in is one more. Other file systems have other users.
  const inodes = canMount ? 1 + countInodes(scratch) - inodesBefore : undefined;
  await completeFiles(image, tree, { wishes: [MANIFEST_WISH], onProgress });
  const { list, ...rest } = findAssets(tree, () => readImageAssets(tree, archive));
  const looked = (list?.assets ?? []).filter(({ linkText }) => linkText === undefined);
  const wishes = looked.map((asset) => ({ path: asset.source, isHeadEnough: !isCopied(asset) }));
  await completeFiles(image, tree, { wishes, onProgress });
  const content = list && lookIntoTree(tree, { list, host });
  return { content, ...rest, damage: undefined, memoryBytes: sink.memoryBytes, inodes };
}

function isCopied({ kind, linkText, isDirectory }: Asset): boolean {
  return kind !== "bin" && linkText === undefined && !isDirectory;
}

interface FoundAssets extends Pick<Inspection, "assetFault" | "copySizes"> {
  list: AssetList | undefined;
}

/** The boot meets such a fault after all trees are made, so that it is one of its own. */
function findAssets(tree: Root, read: () => AssetList): FoundAssets {
  try {
    const list = read();
    const copied = list.assets.filter(isCopied);
    const copySizes = new Map(copied.map(({ source }) => [source, tree.lstat(source).size]));
    return { list, assetFault: undefined, copySizes };
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    return { list: undefined, assetFault: error, copySizes: new Map() };
  }
}

function countInodes(scratch: Root): number {
  const { totalInodes, freeInodes } = readSpace(scratch, encodePath("/"));
  return totalInodes - freeInodes;
}
