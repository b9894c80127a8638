/**
 * Owns the differences between what was applied and what is there now: mounts, propagated files,
 * archives, and the profile of the next boot. It only reads; `torcx status` shows them.
 */

import { selectProfiles } from "../catalog/boot_profiles.ts";
import type { Settings } from "../config/settings.ts";
import { encodePath } from "../bytes.ts";
import { quote, TorcxError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { formatImage } from "../manifest/names.ts";
import type { ApplyReport } from "../manifest/report.ts";
import type { Root } from "../sys/root.ts";

/** One difference. */
export interface Drift {
  /** The running system, the files it was made from, or the next boot. */
  scope: "running" | "files" | "next";
  message: string;
}

/** What is known of the mounts of a sealed system. */
export interface DriftInput {
  /** Whether the unpack dir is read-only; null if nothing is mounted there. */
  isReadOnly: boolean | null;
  /** Names of images that should be mounts of their own and are not. */
  unmounted: readonly string[];
}

/** Returns the differences of a sealed system, the most urgent first. */
export function findDrift(
  root: Root,
  settings: Settings,
  log: Logger,
  report: ApplyReport,
  { isReadOnly, unmounted }: DriftInput,
): Drift[] {
  const drift: Drift[] = [];
  const add = (scope: Drift["scope"], message: string): void => {
    drift.push({ scope, message });
  };
  if (isReadOnly === null) add("running", "the unpack dir is not mounted any more");
  else if (!isReadOnly) add("running", "the unpack dir is writable");
  for (const name of unmounted) add("running", `image ${quote(name)} is not mounted any more`);
  for (const { to, image } of report.assets) {
    if (root.findLstat(encodePath(to)) === undefined) {
      add("running", `${quote(to)} of image ${quote(image)} is gone`);
    }
  }
  for (const { name, archive_path, compressed_bytes } of report.images) {
    const stat = archive_path === null ? undefined : root.findStat(encodePath(archive_path));
    if (stat === undefined) add("files", `the archive of image ${quote(name)} is gone`);
    else if (compressed_bytes !== null && stat.size !== compressed_bytes) {
      add("files", `the archive of image ${quote(name)} is another one now: its size has changed`);
    }
  }
  addNextBoot(root, settings, log, report, add);
  return drift;
}

function addNextBoot(
  root: Root,
  settings: Settings,
  log: Logger,
  report: ApplyReport,
  add: (scope: Drift["scope"], message: string) => void,
): void {
  let next;
  try {
    next = selectProfiles(root, settings, log, { onUnknown: "warn", isNextBoot: true });
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    add("next", `the next boot's profile cannot be used: ${error.message}`);
    return;
  }
  const upper = next.upper ?? "";
  if (upper !== report.upper_profile) {
    const name = (profile: string): string => profile === "" ? "none" : quote(profile);
    add("next", `the upper profile changes from ${name(report.upper_profile)} to ${name(upper)}`);
  }
  const running = new Map(report.images.map((image) => [image.name, image]));
  for (const image of next.images) {
    const now = running.get(image.name);
    running.delete(image.name);
    if (now === undefined) add("next", `image ${quote(formatImage(image))} comes`);
    else if (now.reference !== image.reference) {
      add(
        "next",
        `image ${quote(image.name)} changes from ${quote(now.reference)} to ${quote(image.reference)}`,
      );
    }
  }
  for (const image of running.values()) add("next", `image ${quote(formatImage(image))} goes`);
}
