/**
 * Owns `torcx image extract`: the boot's reader and writer on any directory, with progress on a
 * terminal. What is unpacked and how is lib/image's.
 */

import { basename } from "@std/path/posix/basename";
import { encodePath } from "../../../bytes.ts";
import { quote, TorcxError } from "../../../errors.ts";
import { parseArchiveName } from "../../../catalog/stores.ts";
import { extractArchive } from "../../../image/extract.ts";
import { formatFinding, type Oddity, toFinding } from "../../../image/findings/finding.ts";
import { getProgramHost } from "../../../image/findings/program_host.ts";
import { checkTree } from "../../../image/findings/single.ts";
import type { UnpackSummary } from "../../../image/unpack.ts";
import { SILENT_LOG } from "../../../log.ts";
import { splitImage } from "../../../manifest/names.ts";
import { encodeImageExtract, type ImageExtractOutput } from "../../../manifest/outputs/image_extract.ts";
import type { ReportFinding } from "../../../manifest/report.ts";
import type { Root } from "../../../sys/root.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { formatPercent, formatSize, printable } from "../../output.ts";
import { examineSystem, locate } from "../../system.ts";

/** Extracts an archive and tells what was in it. */
export async function runImageExtract(
  options: CommandOptions<"image extract">,
  context: Context,
): Promise<number> {
  // Settings that cannot be used do not keep anybody from looking into an archive.
  using system = examineSystem(options, { ...context, log: SILENT_LOG });
  const { root } = system;
  const { log, process: { signal }, progress, stdout } = context;
  const archive = locate(options.archive, context, options);
  const directory = locate(options.directory, context, options);
  const archiveBytes = guessSize(root, archive);
  const start = context.process.now().getTime();
  let summary: UnpackSummary;
  const image = parseArchiveName(basename(archive), "");
  const findings: ReportFinding[] = [];
  const onOddity = (oddity: Oddity): void => {
    const finding = toFinding(oddity, image);
    findings.push(finding);
    log.warning(formatFinding(finding));
  };
  try {
    summary = await extractArchive(root, archive, {
      directory,
      onProgress(readBytes): void {
        signal.throwIfAborted();
        progress.show(`Extracting ${options.archive}: ${formatPercent(readBytes, archiveBytes)}`);
      },
      onWarning: (message, code) => onOddity({ code, message }),
      onDebug: (message) => log.debug(message),
    });
  } catch (cause) {
    if (!(cause instanceof TorcxError) || cause.message.startsWith("Cannot extract")) throw cause;
    throw new TorcxError(cause.code, `Cannot extract ${quote(archive)} into ${quote(directory)}`, { cause });
  } finally {
    progress.clear();
  }
  using tree = root.openSub(encodePath(directory));
  const owner = image ?? splitImage(basename(archive));
  checkTree(tree, { image: owner, host: getProgramHost(system) }).forEach(onOddity);
  const duration = context.process.now().getTime() - start;
  if (stdout.format === "json") {
    stdout.writeText(encodeImageExtract(toOutput({ archive, directory, findings }, summary, duration)));
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
  { archive, directory, findings }: { archive: string; directory: string; findings: ReportFinding[] },
  summary: UnpackSummary,
  duration: number,
): ImageExtractOutput {
  const { readBytes, unpackedBytes, files, directories, symlinks, hardlinks, fifos, skipped } = summary;
  return {
    changed: true,
    archive_path: archive,
    directory,
    compressed_bytes: readBytes,
    unpacked_bytes: unpackedBytes,
    entries: { files, directories, symlinks, hardlinks, fifos, skipped },
    warnings: findings.map(formatFinding),
    findings,
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
