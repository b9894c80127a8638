/**
 * Owns the rehearsal of an apply: the archives are read to their end instead of unpacked, and what their
 * manifests ask for is planned by the apply's own planner, so that its operations are the apply's. It changes
 * nothing, and refuses to judge whether all fits.
 */

import { type ByteString, joinPath } from "../bytes.ts";
import type { Archive } from "../catalog/stores.ts";
import type { System } from "../config/system.ts";
import { listMessages, TorcxError } from "../errors.ts";
import { EMPTY_CONTENT, type ImageContent } from "../image/findings/content.ts";
import { formatFinding, toFinding } from "../image/findings/finding.ts";
import { getProgramHost } from "../image/findings/program_host.ts";
import { inspectImages, type InspectionResult, type InspectOptions } from "../image/inspect.ts";
import type { Operation } from "../manifest/journal.ts";
import type { ReportFinding } from "../manifest/report.ts";
import { readRunState } from "../state/run_state.ts";
import { prepareArchives } from "./squashfs_support.ts";
import type { ApplyPlan, ImageFault } from "./plan.ts";
import { type CopySpace, listCopySpace } from "./copy_space.ts";
import { getTreePath, planPropagation, type PropagationPlan } from "./propagate.ts";

/** What a rehearsal comes to. */
export interface Rehearsal extends InspectionResult {
  propagation: PropagationPlan;
  /** What the copies take on each file system. */
  copySpace: CopySpace[];
  /** All that an apply would do, in its order. */
  operations: Operation[];
  /** What is odd about the images. */
  findings: ReportFinding[];
  /** All images that would fail. */
  faults: ImageFault[];
}

/** Options of {@linkcode rehearseApply}. */
export type RehearsalOptions = Pick<InspectOptions, "temporaryDir" | "signal" | "onProgress">;

/**
 * Rehearses a plan, as if what this boot's apply has made were not there.
 *
 * @throws {TorcxError} if there is no place to look into archives, or a target cannot be looked at.
 */
export async function rehearseApply(
  system: System,
  plan: ApplyPlan,
  options: RehearsalOptions,
): Promise<Rehearsal> {
  const { root, settings, log } = system;
  const findings: ReportFinding[] = [];
  const onFinding = (finding: ReportFinding): void => {
    findings.push(finding);
    log.warning(formatFinding(finding));
  };
  const archives = plan.images.map(({ archive }) => archive);
  await prepareArchives(archives, log);
  const result = await inspectImages(root, archives, {
    ...options,
    bootInodes: settings.unpackInodes,
    host: getProgramHost(system),
    onFinding,
    onDebug: log.debug,
  });
  listDamage(result).forEach(onFinding);
  const ignoredPaths = listOwnPaths(system);
  const propagation = planPropagation(system, plan.images, {
    ignoredPaths,
    preparedDirectories: listPrepared(plan),
    getContent: ({ archive }) => getContent(result, archive),
  });
  propagation.findings.forEach(onFinding);
  return {
    ...result,
    propagation,
    copySpace: listCopySpace(system, propagation.operations, {
      sizes: listSizes(settings, plan, result),
      ignoredPaths,
    }),
    findings,
    operations: [...plan.preparation, ...propagation.operations, ...plan.closing],
    faults: [...plan.missing, ...plan.broken, ...listFaults(plan, result), ...propagation.faults],
  };
}

/** Returns what an image's tree tells; nothing of one that has no tree, whose fault is another one. */
function getContent({ inspections }: InspectionResult, archive: Archive): ImageContent {
  const inspection = inspections.get(archive);
  if (inspection === undefined || inspection instanceof TorcxError) return EMPTY_CONTENT;
  if (inspection.assetFault !== undefined) throw inspection.assetFault;
  return inspection.content ?? EMPTY_CONTENT;
}

/** Lists the sizes of what may be copied, by where it is once the trees are made. */
function listSizes(
  settings: System["settings"],
  { images }: ApplyPlan,
  { inspections }: InspectionResult,
): Map<ByteString, number> {
  return new Map(images.flatMap(({ image, archive }) => {
    const inspection = inspections.get(archive);
    if (inspection === undefined || inspection instanceof TorcxError) return [];
    const tree = getTreePath(settings, image.name);
    return [...inspection.copySizes].map((
      [source, size],
    ): [ByteString, number] => [joinPath(tree, source), size]);
  }));
}

/** The boot reads of a squashfs what it copies, and would not meet the rest. */
function listDamage({ inspections }: InspectionResult): ReportFinding[] {
  return [...inspections].flatMap(([archive, inspection]) => {
    if (inspection instanceof TorcxError || inspection.damage === undefined) return [];
    const message = listMessages(inspection.damage).join(": ");
    return [toFinding({ code: "damaged-file", message }, archive)];
  });
}

function listFaults({ images }: ApplyPlan, { inspections }: InspectionResult): ImageFault[] {
  return images.flatMap(({ image, archive }) => {
    const error = inspections.get(archive);
    return error instanceof TorcxError ? [{ kind: "unpack", image, archive, error }] : [];
  });
}

/** Lists what this boot's apply made: it is gone before the next one. */
function listOwnPaths(system: System): Set<string> {
  const state = readRunState(system);
  const report = "seal" in state ? state.report : undefined;
  return new Set(report?.assets.map(({ to }) => to));
}

/** Lists the directories that are there once the trees are. */
function listPrepared({ preparation }: ApplyPlan): Set<ByteString> {
  return new Set(preparation.flatMap((operation) => operation.kind === "make_dir" ? [operation.path] : []));
}
