/**
 * Owns the report while it is being made: phases and their times, images and what their archives and trees
 * are, assets, warnings, errors. It writes nothing.
 */

import { encodePath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import { listHints, listMessages } from "../errors.ts";
import type { MergedImage } from "../catalog/merge.ts";
import { formatFinding } from "../image/findings/finding.ts";
import type { UnpackSummary } from "../image/unpack.ts";
import type { Logger } from "../log.ts";
import type { ApplyMode, ApplyReport, ReportFinding, ReportImage } from "../manifest/report.ts";
import { readSpace } from "../sys/mounts.ts";
import { formatDevice, formatMtime } from "../state/identity.ts";
import type { ApplyPlan, ImageFault } from "./plan.ts";
import { getTreePath } from "./propagate.ts";

/** Makes an {@linkcode ApplyReport} step by step. */
export class Recorder {
  readonly report: ApplyReport;
  readonly #start = performance.now();
  readonly #images = new Map<string, ReportImage>();
  readonly #log: Logger;
  readonly #told = new Set<string>();

  constructor({ version, mode }: { version: string; mode: ApplyMode }, log: Logger) {
    this.#log = log;
    this.report = {
      version,
      mode,
      outcome: "failed",
      lower_profiles: [],
      upper_profile: null,
      upper_profile_fault: null,
      started_at: new Date().toISOString(),
      duration_ms: 0,
      phases: [],
      unpack_device: null,
      unpack_inode: null,
      made_directories: [],
      unpack_files: null,
      images: [],
      assets: [],
      conflicts: [],
      warnings: [],
      findings: [],
      steps: [],
      errors: [],
      hints: [],
    };
  }

  /**
   * Runs a phase, keeps how long it took, and logs its start, its end and its failure. All but the failure are
   * for those who look closely: what is written to /dev/kmsg is cut after ten lines in five seconds
   * (kernel/printk/printk.c, DEVKMSG_LOG_MASK_DEFAULT).
   */
  async runPhase<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    const end = (): string => {
      const duration = performance.now() - start;
      this.report.phases.push({ name, duration_ms: toMs(duration) });
      return `${duration.toFixed(1)} ms`;
    };
    this.#log.debug(`phase ${name}: begins`);
    try {
      const result = await run();
      this.#log.debug(`phase ${name}: done in ${end()}`);
      return result;
    } catch (error) {
      this.#log.info(`phase ${name}: failed after ${end()}`);
      throw error;
    }
  }

  /** Takes over what was planned. */
  setPlan({ selection, images, missing, broken }: ApplyPlan): void {
    this.report.lower_profiles = selection.lower;
    this.report.upper_profile = selection.upper ?? null;
    this.report.upper_profile_fault = selection.upperFault ?? null;
    this.report.warnings.push(...selection.warnings);
    const planned = new Map(images.map((item) => [item.image.name, item]));
    for (const { name, reference, profile } of selection.images) {
      const item = planned.get(name);
      this.#images.set(name, {
        name,
        reference,
        profile,
        archive_path: item?.archive.path ?? null,
        format: item?.archive.format ?? null,
        compressed_bytes: item?.archiveBytes ?? null,
        archive_device: item === undefined ? null : formatDevice(item.archiveStat),
        archive_inode: item === undefined ? null : String(item.archiveStat.ino),
        archive_mtime: item === undefined ? null : formatMtime(item.archiveStat),
        tree_device: null,
        tree_inode: null,
        unpacked_bytes: null,
        entries: null,
        duration_ms: null,
        errors: [],
      });
    }
    this.report.images = [...this.#images.values()];
    for (const fault of [...missing, ...broken]) this.addFault(fault);
  }

  /** Keeps what was unpacked of an image. */
  addUnpacked({ name }: MergedImage, summary: UnpackSummary): void {
    const item = this.#images.get(name)!;
    const { unpackedBytes, files, directories, symlinks, hardlinks, fifos, skipped } = summary;
    item.unpacked_bytes = unpackedBytes;
    item.entries = { files, directories, symlinks, hardlinks, fifos, skipped };
  }

  /** Keeps and logs what is odd about an image, once: of a squashfs trial and mount say the same. */
  addFinding(finding: ReportFinding): void {
    const text = formatFinding(finding);
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.report.findings.push(finding);
    this.report.warnings.push(text);
    this.#log.warning(text);
  }

  /** Keeps how long it took to unpack or mount an image. */
  addDuration({ name }: MergedImage, duration: number): void {
    this.#images.get(name)!.duration_ms = toMs(duration);
  }

  /** Keeps what the mount on the unpack dir and the trees below it are, once all are there. */
  setTrees({ root, settings }: System): void {
    const unpack = root.stat(encodePath(settings.paths.unpackDir));
    this.report.unpack_device = formatDevice(unpack);
    this.report.unpack_inode = String(unpack.ino);
    const { totalInodes, freeInodes } = readSpace(root, encodePath(settings.paths.unpackDir));
    // Without a limit a tmpfs does not count.
    this.report.unpack_files = totalInodes === 0 ? null : totalInodes - freeInodes;
    for (const item of this.#images.values()) {
      const tree = root.lstat(getTreePath(settings, item.name));
      item.tree_device = formatDevice(tree);
      item.tree_inode = String(tree.ino);
    }
  }

  /** Keeps why an image failed. */
  addFault({ image, archive, error }: ImageFault): void {
    const item = this.#images.get(image.name)!;
    item.archive_path ??= archive?.path ?? null;
    item.format ??= archive?.format ?? null;
    item.errors = listMessages(error);
  }

  /** Ends the report well. */
  succeed(): ApplyReport {
    return this.#end("sealed");
  }

  /** Ends the report with a failure. */
  fail(error: unknown): ApplyReport {
    this.report.errors = listMessages(error);
    this.report.hints = listHints(error);
    // What was propagated has been taken back.
    this.report.assets = [];
    this.report.made_directories = [];
    return this.#end("failed");
  }

  #end(outcome: ApplyReport["outcome"]): ApplyReport {
    this.report.outcome = outcome;
    this.report.duration_ms = toMs(performance.now() - this.#start);
    return this.report;
  }
}

/** Rounds milliseconds to microseconds. */
export function toMs(duration: number): number {
  return Math.round(duration * 1000) / 1000;
}
