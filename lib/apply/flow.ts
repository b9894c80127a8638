/**
 * Owns the boot flow: plan, trees, assets, records, seal; and the way back after a failure. It refuses to look
 * at earlier runs: RUN is its own, locked and clean.
 */

import { setImmediate } from "node:timers";
import { decodePath, encodePath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import { listMessages, quote, TorcxError } from "../errors.ts";
import { toFinding } from "../image/findings/finding.ts";
import type { Operation } from "../manifest/journal.ts";
import { formatImage, type ProfileName } from "../manifest/names.ts";
import { type ApplyMode, type ApplyReport, decodeAssetNames, encodeReport } from "../manifest/report.ts";
import { computeDigest } from "../sys/digest.ts";
import { checkCopyRoom } from "./copy_space.ts";
import { describeFailure, describeFaults, describeStep } from "./flow_faults.ts";
import { dropJournal, removeJournal, writeJournal } from "./journal.ts";
import { trySquashfsImages } from "./squashfs_support.ts";
import type { ExecuteContext, TreeOptions } from "./operations/kind.ts";
import { executeOperation } from "./operations/table.ts";
import type { ImageOperation } from "./operations/trees.ts";
import {
  type ApplyPlan,
  describeWayOut,
  type ImageFault,
  planApply,
  type PlannedImage,
  planSealRemoval,
} from "./plan.ts";
import { listFailing } from "./policy.ts";
import { planPropagation } from "./propagate.ts";
import { Recorder } from "./report_builder.ts";
import { undoOperations } from "./undo.ts";

/** Options of {@linkcode Flow}. */
export interface FlowOptions {
  mode: ApplyMode;
  /** torcx's version, for the report. */
  version: string;
  /** The upper profile, instead of the selector's. */
  profile?: ProfileName;
  /** Aborted when the run is to end; what it did is undone then. */
  signal?: AbortSignal;
  /** Told how much of which archive was read. */
  onProgress?: (image: PlannedImage, readBytes: number) => void;
}

/** One apply, from the plan to the seal. */
export class Flow {
  readonly #system: System;
  readonly #options: FlowOptions;
  readonly #recorder: Recorder;
  /** What was carried out or at least begun, in order. */
  readonly #done: Operation[] = [];
  readonly #context: ExecuteContext;
  /** The images whose trees are made, by name. */
  readonly #images = new Map<string, PlannedImage>();

  /** @param left what an earlier run's taking back has left, for the report. */
  constructor(system: System, left: readonly string[], options: FlowOptions) {
    this.#system = system;
    this.#options = options;
    this.#recorder = new Recorder({ version: options.version, mode: options.mode }, system.log);
    this.#recorder.report.warnings.push(...left);
    this.#context = {
      root: system.root,
      log: system.log,
      encodeReport: () => encodeReport(this.#recorder.report),
      getTreeOptions: (image) => this.#getTreeOptions(this.#images.get(image)!),
    };
  }

  /**
   * Runs it up to the seal.
   *
   * @throws {TorcxError} naming what failed; {@linkcode Flow.takeBack} is the way back.
   */
  async run(): Promise<ApplyReport> {
    const recorder = this.#recorder;
    await this.#removeOldSeal();
    const plan = await recorder.runPhase("plan", () => this.#plan());
    await recorder.runPhase("unpack", () => this.#makeTrees(plan));
    const operations = await recorder.runPhase("resolve", () => this.#resolveAssets(plan));
    // Signals are heard between turns of the event loop alone; the next two phases take none.
    await new Promise((resolve) => setImmediate(resolve));
    await recorder.runPhase("propagate", async () => {
      this.#keepJournal([...plan.preparation, ...operations, ...plan.closing]);
      for (const operation of operations) await this.#execute(operation);
    });
    await new Promise((resolve) => setImmediate(resolve));
    await recorder.runPhase("seal", async () => {
      for (const operation of plan.closing) {
        if (operation.kind === "write_report") recorder.succeed();
        await this.#execute(operation);
      }
    });
    return recorder.report;
  }

  /** Ends what the seal has made true: what fails here is told, and decides nothing. */
  finish(): void {
    // Only now: without the seal a run that was killed is taken back by its journal.
    dropJournal(this.#system);
    const { images, assets, conflicts, warnings, duration_ms } = this.#recorder.report;
    this.#system.log.info(
      `sealed: ${images.length} images, ${assets.length} assets, ${conflicts.length} conflicts, ` +
        `${warnings.length} warnings in ${duration_ms.toFixed(0)} ms`,
    );
  }

  /** Undoes what was done and leaves the report of the failure. */
  async takeBack(error: unknown): Promise<void> {
    const { faults, left } = undoOperations(this.#system.root, this.#done);
    for (const fault of faults) this.#system.log.error(fault);
    for (const message of left) this.#system.log.warning(message);
    this.#recorder.report.warnings.push(...faults, ...left);
    this.#recorder.fail(error);
    try {
      await executeOperation(
        { kind: "write_report", path: encodePath(this.#system.settings.paths.report) },
        this.#context,
      );
      // What could not be undone stays in the journal for `--retry`.
      if (faults.length === 0) removeJournal(this.#system);
    } catch (cause) {
      if (!(cause instanceof TorcxError)) throw cause;
      this.#system.log.error(`cannot write the report: ${listMessages(cause).join(": ")}`);
    }
  }

  /** Before all else: no seal outlives the run that it speaks of, whatever this one comes to. */
  async #removeOldSeal(): Promise<void> {
    const operations = planSealRemoval(this.#system);
    if (operations.length > 0) this.#keepJournal(operations);
    for (const operation of operations) await this.#execute(operation);
  }

  async #plan(): Promise<ApplyPlan> {
    const { profile } = this.#options;
    const plan = planApply(this.#system, profile === undefined ? {} : { profile });
    this.#recorder.setPlan(plan);
    const { upper, lower, images } = plan.selection;
    const names = [...lower, ...(upper === undefined ? [] : [upper])].map(quote).join(", ");
    this.#system.log.info(
      `applying ${images.length} images of ${names === "" ? "no profile" : `profiles ${names}`}`,
    );
    this.#stopAt([...plan.missing, ...plan.broken]);
    await this.#trySquashfs(plan);
    return plan;
  }

  /** Ends the apply if it does not survive one of the faults. */
  #stopAt(faults: readonly ImageFault[]): void {
    const failing = listFailing(faults);
    if (failing.length > 0) throw describeFaults(this.#recorder.report, failing);
  }

  /** What the kernel would refuse to mount fails here, where nothing has been touched yet. */
  async #trySquashfs({ images }: ApplyPlan): Promise<void> {
    const { faults, findings } = await trySquashfsImages(this.#system, images);
    for (const finding of findings) this.#recorder.addFinding(finding);
    for (const fault of faults) this.#recorder.addFault(fault);
    this.#stopAt(faults);
  }

  async #makeTrees(plan: ApplyPlan): Promise<void> {
    this.#keepJournal([...plan.preparation, ...plan.closing]);
    for (const planned of plan.images) this.#images.set(planned.image.name, planned);
    const pending: ImageOperation[] = [];
    for (const operation of plan.preparation) {
      if (operation.kind === "unpack" || operation.kind === "mount_squashfs") pending.push(operation);
      else await this.#execute(operation);
    }
    const faults: ImageFault[] = [];
    // One more thread inflates a large archive while this one writes another (lib/archive/inflate/lanes.ts).
    const work = async (): Promise<void> => {
      for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
        const fault = await this.#makeTree(next);
        if (fault !== undefined) faults.push(fault);
      }
    };
    const workers = Array.from({ length: Math.max(navigator.hardwareConcurrency, 1) }, work);
    // All of them end before anything is taken back.
    for (const result of await Promise.allSettled(workers)) {
      if (result.status === "rejected") throw result.reason;
    }
    this.#stopAt(faults);
    this.#attempt("look at the trees", () => this.#recorder.setTrees(this.#system));
  }

  async #makeTree(operation: ImageOperation): Promise<ImageFault | undefined> {
    const { image, archive } = this.#images.get(operation.image)!;
    const start = performance.now();
    this.#done.push(operation);
    try {
      await executeOperation(operation, this.#context);
      const duration = performance.now() - start;
      this.#recorder.addDuration(image, duration);
      const verb = archive.format === "squashfs" ? "mounted" : "unpacked";
      this.#system.log.info(
        `image ${quote(formatImage(image))}: ${verb} ${quote(archive.path)} in ${duration.toFixed(0)} ms`,
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      const fault: ImageFault = { kind: "unpack", image, archive, error };
      this.#recorder.addFault(fault);
      this.#system.log.error(listMessages(error).join(": "));
      return fault;
    }
  }

  #getTreeOptions(planned: PlannedImage): TreeOptions {
    const { image } = planned;
    return {
      image: formatImage(image),
      wayOut: describeWayOut(image),
      onWarning: (message, code) => this.#recorder.addFinding(toFinding({ code, message }, image)),
      onProgress: (readBytes) => {
        this.#options.signal?.throwIfAborted();
        this.#options.onProgress?.(planned, readBytes);
      },
      onUnpacked: (summary) => this.#recorder.addUnpacked(image, summary),
    };
  }

  #resolveAssets(plan: ApplyPlan): Operation[] {
    const { report } = this.#recorder;
    const propagation = planPropagation(this.#system, plan.images);
    for (const finding of propagation.findings) this.#recorder.addFinding(finding);
    for (const { image, to, kept } of propagation.conflicts) {
      this.#system.log.warning(`image ${quote(image)}: ${quote(to)} is kept as ${kept} has it`);
    }
    report.conflicts = propagation.conflicts;
    for (const fault of propagation.faults) this.#recorder.addFault(fault);
    this.#stopAt(propagation.faults);
    // A copy is told by its digest: its source is gone when it has to be.
    const digests = new Map<string, string>();
    const operations = propagation.operations.map((operation): Operation => {
      if (operation.kind !== "copy") return operation;
      const digest = this.#attempt(describeStep(report, operation), () => {
        checkCopyRoom(this.#system, operation);
        return computeDigest(this.#system.root, operation.from);
      });
      digests.set(operation.path, digest);
      return { ...operation, digest };
    });
    report.assets = propagation.assets.map((asset) => ({
      ...asset,
      digest: digests.get(decodeAssetNames(asset).to) ?? null,
    }));
    return operations;
  }

  #keepJournal(operations: Operation[]): void {
    this.#attempt("write its journal", () => {
      writeJournal(this.#system, { mode: this.#options.mode, operations });
    });
  }

  /** Carries out what makes no tree. It takes no turn of the event loop: no signal is heard within a phase. */
  async #execute(operation: Operation): Promise<void> {
    this.#options.signal?.throwIfAborted();
    this.#done.push(operation);
    try {
      const isNew = operation.kind === "make_dir" && this.#system.root.findStat(operation.path) === undefined;
      await executeOperation(operation, this.#context);
      if (isNew && this.#system.root.findStat(operation.path) !== undefined) {
        this.#recorder.report.made_directories.push(decodePath(operation.path));
      }
    } catch (cause) {
      const { report } = this.#recorder;
      throw describeFailure(report, describeStep(report, operation), cause);
    }
  }

  /** Does a step; its failure names the profile and the step. */
  #attempt<T>(step: string, act: () => T): T {
    try {
      return act();
    } catch (cause) {
      throw describeFailure(this.#recorder.report, step, cause);
    }
  }
}
