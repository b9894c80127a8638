/** Owns the deep part of `torcx profile check`: archives are read to their end, and what they hold is looked into. */

import { getTreePath } from "../../../apply/propagate.ts";
import { prepareArchives } from "../../../apply/squashfs_support.ts";
import type { Archive } from "../../../catalog/stores.ts";
import type { System } from "../../../config/system.ts";
import { quote, TorcxError } from "../../../errors.ts";
import { formatFinding, toFinding } from "../../../image/findings/finding.ts";
import { getProgramHost } from "../../../image/findings/program_host.ts";
import { UnitCheck } from "../../../image/findings/units.ts";
import { inspectImages, type Inspection, type InspectionResult } from "../../../image/inspect.ts";
import { formatImage } from "../../../manifest/names.ts";
import type { ReportFinding } from "../../../manifest/report.ts";
import type { Context } from "../../context.ts";
import { makePreviewSurroundings } from "../../rehearsal.ts";

/** Options of {@linkcode checkArchives}. */
interface DeepCheckOptions {
  /** The profile, for messages. */
  title: string;
  context: Context;
}

/**
 * Reads the archives to their end, and warns of what is odd in them.
 *
 * @throws {TorcxError} `failed` if some are not sound; every one is named.
 */
export async function checkArchives(
  system: System,
  archives: readonly Archive[],
  { title, context }: DeepCheckOptions,
): Promise<void> {
  const { log } = context;
  await prepareArchives(archives, log);
  const onFinding = (finding: ReportFinding): void => log.warning(formatFinding(finding));
  const { inspections } = await inspectImages(system.root, archives, {
    ...makePreviewSurroundings(context),
    bootInodes: system.settings.unpackInodes,
    host: getProgramHost(system),
    onFinding,
    onDebug: (message) => log.debug(message),
  });
  listContentFindings(system, inspections).forEach(onFinding);
  const names: string[] = [];
  const errors: TorcxError[] = [];
  for (const [archive, inspection] of inspections) {
    const error = findFault(archive, inspection);
    if (error === undefined) continue;
    names.push(quote(formatImage(archive)));
    errors.push(error);
  }
  if (errors.length === 0) return;
  throw new TorcxError(
    "failed",
    `Cannot use ${title}: ${names.length} of ${archives.length} archives are not sound: ${names.join(", ")}`,
    { cause: errors.length === 1 ? errors[0] : new AggregateError(errors, "Each for its own reason") },
  );
}

/** Lists what is odd about what the archives hold, as the boot would say it. */
function listContentFindings(
  { root, settings }: System,
  inspections: InspectionResult["inspections"],
): ReportFinding[] {
  const placed = [...inspections].flatMap(([archive, inspection]) => {
    if (inspection instanceof TorcxError || inspection.content === undefined) return [];
    return [{ archive, content: inspection.content, treePath: getTreePath(settings, archive.name) }];
  });
  const check = new UnitCheck(placed, root);
  return placed.flatMap((image) =>
    check.listOddities(image).map((oddity) => toFinding(oddity, image.archive))
  );
}

/** Returns what is wrong with an archive; of a squashfs also what the boot would not meet. */
function findFault(archive: Archive, inspection: Inspection | TorcxError): TorcxError | undefined {
  if (inspection instanceof TorcxError) return inspection;
  const cause = inspection.assetFault ?? inspection.damage;
  if (cause === undefined) return undefined;
  return new TorcxError(
    "failed",
    `Cannot use image ${quote(formatImage(archive))} from ${quote(archive.path)}`,
    { cause },
  );
}
