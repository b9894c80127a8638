/**
 * Owns `torcx image extract`: the boot's reader and writer on any directory, with progress on a
 * terminal. What is unpacked and how is lib/image's.
 */

import { encodePath } from "../../../bytes.ts";
import { quote, TorcxError } from "../../../errors.ts";
import { extractArchive } from "../../../image/extract.ts";
import type { UnpackSummary } from "../../../image/unpack.ts";
import { encodeImageExtract, type ImageExtractOutput } from "../../../manifest/outputs/image_extract.ts";
import type { Root } from "../../../sys/root.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { formatPercent, formatSize, printable } from "../../output.ts";
import { locate, openRoot } from "../../system.ts";

/** Extracts an archive and tells what was in it. */
export async function runImageExtract(
  options: CommandOptions<"image extract">,
  context: Context,
): Promise<number> {
  using root = openRoot(options);
  const { log, process: { signal }, progress, stdout } = context;
  const archive = locate(options.archive, context, options);
  const directory = locate(options.directory, context, options);
  const archiveBytes = guessSize(root, archive);
  const start = context.process.now().getTime();
  let summary: UnpackSummary;
  try {
    summary = await extractArchive(root, archive, {
      directory,
      onProgress(readBytes): void {
        signal.throwIfAborted();
        progress.show(`Extracting ${options.archive}: ${formatPercent(readBytes, archiveBytes)}`);
      },
      onWarning: (message) => log.warning(message),
      onDebug: (message) => log.debug(message),
    });
  } catch (cause) {
    if (!(cause instanceof TorcxError) || cause.message.startsWith("Cannot extract")) throw cause;
    throw new TorcxError(cause.code, `Cannot extract ${quote(archive)} into ${quote(directory)}`, { cause });
  } finally {
    progress.clear();
  }
  const duration = context.process.now().getTime() - start;
  if (stdout.format === "json") {
    stdout.writeText(encodeImageExtract(toOutput({ archive, directory }, summary, duration)));
  } else stdout.writeLine(describe(options.directory, summary, duration));
  return 0;
}

/** Returns the archive's size for the progress, 0 if it cannot be told: extractArchive() says why then. */
function guessSize(root: Root, archive: string): number {
  try {
    return root.findStat(encodePath(archive))?.size ?? 0;
  } catch (error) {
    if (error instanceof TorcxError) return 0;
    throw error;
  }
}

function toOutput(
  { archive, directory }: { archive: string; directory: string },
  summary: UnpackSummary,
  duration: number,
): ImageExtractOutput {
  const { readBytes, unpackedBytes, files, directories, symlinks, hardlinks, fifos, skipped, warnings } =
    summary;
  return {
    changed: true,
    archive_path: archive,
    directory,
    compressed_bytes: readBytes,
    unpacked_bytes: unpackedBytes,
    entries: { files, directories, symlinks, hardlinks, fifos, skipped },
    warnings,
    duration_ms: duration,
  };
}

function describe(directory: string, summary: UnpackSummary, duration: number): string {
  const counts = [
    [summary.files, "files"],
    [summary.directories, "directories"],
    [summary.symlinks, "symlinks"],
    [summary.hardlinks, "hard links"],
    [summary.fifos, "FIFOs"],
    [summary.skipped, "skipped"],
  ] as const;
  const parts = counts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  const size = formatSize(summary.unpackedBytes);
  return `Extracted into ${printable(directory)}: ${[size, ...parts].join(", ")}, in ${duration} ms`;
}
