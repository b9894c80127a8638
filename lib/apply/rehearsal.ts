/**
 * Owns the rehearsal of an apply: the archives are read to their end instead of unpacked, and what their
 * manifests ask for is planned by the apply's own planner, so that its operations are the apply's. It changes
 * nothing, and refuses to judge whether all fits.
 */

import type { ByteString } from "../bytes.ts";
import type { Archive } from "../catalog/stores.ts";
import type { System } from "../config/system.ts";
import { TorcxError } from "../errors.ts";
import { inspectArchive, type Inspection } from "../image/inspect.ts";
import { openScratch, type Scratch } from "../image/scratch.ts";
import type { Operation } from "../manifest/journal.ts";
import { readRunState } from "../state/run_state.ts";
import type { ApplyPlan, ImageFault, PlannedImage } from "./plan.ts";
import { planPropagation, type PropagationPlan } from "./propagate.ts";

/** What a rehearsal comes to. */
export interface Rehearsal {
  /** What each archive that was found is. */
  inspections: Map<PlannedImage, Inspection | TorcxError>;
  propagation: PropagationPlan;
  /** All that an apply would do, in its order. */
  operations: Operation[];
  /** All images that would fail. */
  faults: ImageFault[];
}

/** Options of {@linkcode rehearseApply}. */
export interface RehearsalOptions {
  /** Where manifests are kept while archives are read, outside the root. */
  temporaryDir: string;
  signal: AbortSignal;
  /** Told which archive is being read, and undefined after each. */
  onProgress: (archive: Archive | undefined) => void;
}

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
  const { log } = system;
  const inspections = new Map<PlannedImage, Inspection | TorcxError>();
  {
    using scratch = openScratch(options.temporaryDir);
    for (const planned of plan.images) {
      inspections.set(planned, await inspect(system, planned, { scratch, ...options }));
    }
  }
  const propagation = planPropagation(system, plan.images, {
    ignoredPaths: listOwnPaths(system),
    preparedDirectories: listPrepared(plan),
    listImageAssets: (planned) => {
      const inspection = inspections.get(planned);
      const isKnown = inspection !== undefined && !(inspection instanceof TorcxError);
      return { assets: isKnown ? inspection.assets ?? [] : [], warnings: [] };
    },
  });
  for (const warning of propagation.warnings) log.warning(warning);
  return {
    inspections,
    propagation,
    operations: [...plan.preparation, ...propagation.operations, ...plan.closing],
    faults: [...plan.missing, ...plan.broken, ...listFaults(inspections), ...propagation.faults],
  };
}

async function inspect(
  { root, log }: Pick<System, "root" | "log">,
  { archive }: PlannedImage,
  { scratch, onProgress, signal }: RehearsalOptions & { scratch: Scratch },
): Promise<Inspection | TorcxError> {
  try {
    return await inspectArchive(root, archive, scratch, {
      onProgress: () => {
        signal.throwIfAborted();
        onProgress(archive);
      },
      onWarning: log.warning,
      onDebug: log.debug,
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TorcxError)) throw error;
    return error;
  } finally {
    onProgress(undefined);
  }
}

function listFaults(inspections: Rehearsal["inspections"]): ImageFault[] {
  return [...inspections].flatMap(([{ image, archive }, error]) =>
    error instanceof TorcxError ? [{ kind: "unpack", image, archive, error }] : []
  );
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
