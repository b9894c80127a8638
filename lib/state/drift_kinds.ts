/**
 * Owns the one table of what can be different from what was applied, and which of it makes a sealed
 * system a degraded one. Data only.
 */

/** What a difference is about: the running system, the files it was made from, or the next boot. */
export type DriftScope = "running" | "files" | "next";

/** Every kind of difference, the most urgent first. */
const DRIFT_KINDS = {
  /** A tree, or files in it, are gone, others, or writable; the records of the run are not its own. */
  tree: { scope: "running", isDegrading: true },
  /** A link or a copied file is gone. */
  asset_gone: { scope: "running", isDegrading: true },
  /** A link leads elsewhere; a copied file's bytes, mode or owner are others. */
  asset_changed: { scope: "running", isDegrading: true },
  /** The seal names the run profile, and what reads it relies on it. */
  run_profile: { scope: "running", isDegrading: true },
  /** A step after the seal, such as a reload of systemd, failed. */
  step_failed: { scope: "running", isDegrading: true },
  /** The profile that was selected was not there. */
  profile_missing: { scope: "running", isDegrading: true },
  /** The archive of a mounted image was written to in its place: the tree is read from it. */
  archive_overwritten: { scope: "files", isDegrading: true },
  /** Who asks may not read it. */
  not_readable: { scope: "running", isDegrading: false },
  /** Something in RUN that torcx did not make. */
  foreign: { scope: "running", isDegrading: false },
  archive_gone: { scope: "files", isDegrading: false },
  archive_changed: { scope: "files", isDegrading: false },
  archive_shadowed: { scope: "files", isDegrading: false },
  next_profile: { scope: "next", isDegrading: false },
  next_image: { scope: "next", isDegrading: false },
} as const satisfies Record<string, { scope: DriftScope; isDegrading: boolean }>;

/** A kind of difference. */
export type DriftKind = keyof typeof DRIFT_KINDS;

/** A difference that was found. */
export interface DriftFact {
  kind: DriftKind;
  message: string;
}

/** A difference as it is shown. */
export interface Drift extends DriftFact {
  scope: DriftScope;
  /** Whether it makes the system a degraded one. */
  is_degrading: boolean;
}

/** Completes differences by the table, the most urgent first. */
export function toDrift(facts: readonly DriftFact[]): Drift[] {
  const order = Object.keys(DRIFT_KINDS);
  return facts.map(({ kind, message }): Drift => {
    const { scope, isDegrading } = DRIFT_KINDS[kind];
    return { scope, message, kind, is_degrading: isDegrading };
  }).sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}
