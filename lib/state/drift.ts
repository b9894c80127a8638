/**
 * Owns the differences between what was applied and what is there now: trees, propagated files, records,
 * archives, and the profile of the next boot. It only reads; which of them matter is `drift_kinds.ts`'s.
 */

import { encodePath } from "../bytes.ts";
import { type ProfileSelection, selectProfiles } from "../catalog/boot_profiles.ts";
import { indexStores } from "../catalog/stores.ts";
import type { System } from "../config/system.ts";
import { isErrno, listMessages, quote, TorcxError } from "../errors.ts";
import { SILENT_LOG } from "../log.ts";
import { formatImage } from "../manifest/names.ts";
import { encodeRunProfile } from "../manifest/profile.ts";
import type { ApplyReport, ReportImage } from "../manifest/report.ts";
import { readSpace } from "../sys/mounts.ts";
import type { Root } from "../sys/root.ts";
import { findAssetFaults, findForeignFiles } from "./asset_faults.ts";
import { type Drift, type DriftFact, type DriftKind, toDrift } from "./drift_kinds.ts";
import { formatMtime } from "./identity.ts";
import { readRunState, type RunState, type RunStateOptions } from "./run_state.ts";

/**
 * Returns the differences of a system with a seal, the most urgent first.
 *
 * @param faults what the state of the run says of trees and records.
 */
export function findDrift(
  system: System,
  report: ApplyReport,
  { faults }: { faults: readonly string[] },
): Drift[] {
  const { root } = system;
  return toDrift([
    ...findRunningFacts(system, report, { faults }),
    ...findForeign(system, report),
    ...findArchiveFacts(root, report),
    ...guard({ kind: "not_readable", title: "the stores" }, () => findShadows(system, report)),
    ...findNextBoot(system, report),
  ]);
}

/** As {@linkcode readRunState}, but sealed only if all that was propagated is as it was made, too. */
export function judgeRun(system: System, options: RunStateOptions = {}): RunState {
  const { root } = system;
  const state = readRunState(system, options);
  if ((state.kind !== "sealed" && state.kind !== "degraded") || state.report === undefined) return state;
  const faults = toDrift([
    ...findRunningFacts(system, state.report, { faults: state.kind === "degraded" ? state.faults : [] }),
    ...findArchiveFacts(root, state.report),
  ]).filter((item) => item.is_degrading).map(({ message }) => message);
  return faults.length === 0 ? state : { ...state, kind: "degraded", faults };
}

/** Returns what lies in RUN and is not torcx's: a retry leaves it, and is refused. */
export function findForeign(system: System, report: ApplyReport): DriftFact[] {
  return guard({ kind: "not_readable", title: "the run directory" }, () => findForeignFiles(system, report));
}

function findArchiveFacts(root: Root, report: ApplyReport): DriftFact[] {
  return report.images.flatMap((image) =>
    guard(
      { kind: "not_readable", title: `the archive of image ${quote(image.name)}` },
      () => judgeArchive(root, image),
    )
  );
}

function findRunningFacts(
  system: System,
  report: ApplyReport,
  { faults }: { faults: readonly string[] },
): DriftFact[] {
  const { root } = system;
  const facts: DriftFact[] = faults.map((message) => ({ kind: "tree", message }));
  facts.push(...guard({ kind: "tree", title: "the unpack dir" }, () => countFiles(system, report)));
  facts.push(...findAssetFaults(root, report));
  facts.push(
    ...guard({ kind: "run_profile", title: "the run profile" }, () => judgeRunProfile(system, report)),
  );
  for (const { command, error } of report.steps) {
    if (error !== null) facts.push({ kind: "step_failed", message: `${quote(command)} failed: ${error}` });
  }
  if (report.upper_profile_fault !== null) {
    facts.push({ kind: "profile_missing", message: report.upper_profile_fault });
  }
  return facts;
}

/** Keeps what cannot be looked at from hiding all the rest. */
function guard({ kind, title }: { kind: DriftKind; title: string }, find: () => DriftFact[]): DriftFact[] {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    const isForbidden = isErrno(error, "EACCES", "EPERM");
    return [{
      kind: isForbidden ? "not_readable" : kind,
      message: `${title} cannot be looked at: ${listMessages(error).join(": ")}`,
    }];
  }
}

/** A tmpfs counts its inodes: what was removed or added while it was writable shows, whatever it was. */
function countFiles({ root, settings }: System, report: ApplyReport): DriftFact[] {
  if (report.unpack_files === null) return [];
  const { totalInodes, freeInodes } = readSpace(root, encodePath(settings.paths.unpackDir));
  const change = totalInodes - freeInodes - report.unpack_files;
  if (change === 0) return [];
  const count = `${Math.abs(change)} ${Math.abs(change) === 1 ? "file" : "files"}`;
  return [{
    kind: "tree",
    message: change < 0
      ? `${count} of the unpacked trees are gone: they were removed while these were writable`
      : `${count} came into the unpacked trees while these were writable`,
  }];
}

function judgeRunProfile({ root, settings: { paths } }: System, report: ApplyReport): DriftFact[] {
  const path = encodePath(paths.runProfile);
  const fact = (state: string): DriftFact[] => [
    { kind: "run_profile", message: `the run profile ${quote(paths.runProfile)} ${state}` },
  ];
  const stat = root.findLstat(path);
  if (stat === undefined) return fact("is gone");
  if (stat.type !== "file") return fact(`is a ${stat.type} now`);
  const text = new TextDecoder().decode(root.readFile(path));
  return text === encodeRunProfile(report.images) ? [] : fact("is not what was written");
}

function judgeArchive(root: Root, image: ReportImage): DriftFact[] {
  const { name, format, archive_path, compressed_bytes, archive_inode, archive_mtime } = image;
  if (archive_path === null) return [];
  const title = `the archive of image ${quote(name)}, ${quote(archive_path)},`;
  const stat = root.findStat(encodePath(archive_path));
  if (stat === undefined) return [{ kind: "archive_gone", message: `${title} is gone` }];
  const isOther = archive_inode !== null && String(stat.ino) !== archive_inode;
  const hasOtherSize = compressed_bytes !== null && stat.size !== compressed_bytes;
  const hasOtherTime = archive_mtime !== null && formatMtime(stat) !== archive_mtime;
  if (!isOther && !hasOtherSize && !hasOtherTime) return [];
  const changes = [
    ...(isOther ? ["it is another file"] : []),
    ...(hasOtherSize ? ["its size has changed"] : []),
    ...(hasOtherTime ? ["its time has changed"] : []),
  ].join(", ");
  if (format === "squashfs" && !isOther && archive_inode !== null) {
    const message = `${title} was written to while it is mounted (${changes}): its tree may be damaged`;
    return [{ kind: "archive_overwritten", message }];
  }
  return [{ kind: "archive_changed", message: `${title} is another one now: ${changes}` }];
}

/** Looks for archives that have come before those that were applied. */
function findShadows(system: System, report: ApplyReport): DriftFact[] {
  const index = indexStores({ ...system, log: SILENT_LOG });
  return report.images.flatMap((image): DriftFact[] => {
    const found = index.find(image)?.path;
    if (found === undefined || image.archive_path === null || found === image.archive_path) return [];
    // One that is gone is told of already.
    if (system.root.findStat(encodePath(image.archive_path)) === undefined) return [];
    return [{
      kind: "archive_shadowed",
      message: `the archive of image ${quote(image.name)}, ${quote(image.archive_path)}, is shadowed by ${
        quote(found)
      } now`,
    }];
  });
}

function findNextBoot(system: System, report: ApplyReport): DriftFact[] {
  let next: ProfileSelection;
  try {
    next = selectProfiles({ ...system, log: SILENT_LOG }, { onUnknown: "warn", isNextBoot: true });
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    return [{
      kind: "next_profile",
      message: `the next boot's profile cannot be used: ${listMessages(error).join(": ")}`,
    }];
  }
  const facts: DriftFact[] = [];
  const add = (kind: "next_profile" | "next_image", message: string): void => {
    facts.push({ kind, message });
  };
  const name = (...profiles: (string | null)[]): string =>
    profiles.filter((profile) => profile !== null).map(quote).join(", ") || "none";
  if (next.upperFault !== undefined) add("next_profile", next.upperFault);
  if (name(...next.lower) !== name(...report.lower_profiles)) {
    add(
      "next_profile",
      `the lower profiles change from ${name(...report.lower_profiles)} to ${name(...next.lower)}`,
    );
  }
  const upper = next.upper ?? null;
  if (upper !== report.upper_profile) {
    add("next_profile", `the upper profile changes from ${name(report.upper_profile)} to ${name(upper)}`);
  }
  for (const message of compareImages(report.images, next.images)) add("next_image", message);
  return facts;
}

type NamedImage = Pick<ReportImage, "name" | "reference" | "profile">;

function compareImages(before: readonly NamedImage[], after: readonly NamedImage[]): string[] {
  const messages: string[] = [];
  const gone = new Map(before.map((image) => [image.name, image]));
  for (const image of after) {
    const now = gone.get(image.name);
    gone.delete(image.name);
    if (now === undefined) messages.push(`image ${quote(formatImage(image))} comes`);
    else if (now.reference !== image.reference) {
      messages.push(
        `image ${quote(image.name)} changes from ${quote(now.reference)} to ${quote(image.reference)}`,
      );
    } else if (now.profile !== image.profile) {
      messages.push(
        `image ${quote(image.name)} comes from profile ${quote(image.profile)}, not from ${
          quote(now.profile)
        }`,
      );
    }
  }
  for (const image of gone.values()) messages.push(`image ${quote(formatImage(image))} goes`);
  const list = (images: readonly NamedImage[], others: readonly NamedImage[]): string =>
    images.filter(({ name }) => others.some((other) => other.name === name)).map(({ name }) => quote(name))
      .join(", ");
  // Of two images with a file of one name the first one wins.
  if (list(before, after) !== list(after, before)) {
    messages.push(`the order of the images changes to ${list(after, before)}`);
  }
  return messages;
}
