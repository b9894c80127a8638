/** Owns `torcx plan`: what the next boot would do, and whether it would succeed. */

import { listMessages, quote, TorcxError } from "../../../errors.ts";
import { formatImage } from "../../../manifest/names.ts";
import { encodePlan, type PlanOutput } from "../../../manifest/outputs/plan.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { type Cell, formatSize, type Output, printable } from "../../output.ts";
import { type Preview, previewBoot, type PreviewImage, recordWarnings } from "../../../apply/preview.ts";
import { type FaultKind, listFailing, listObjections } from "../../../apply/policy.ts";
import { makePreviewSurroundings } from "../../rehearsal.ts";
import { checkStrictly } from "../../strict.ts";
import { openSystem } from "../../system.ts";

/**
 * Shows the plan of the next boot.
 *
 * @throws {TorcxError} `failed` if the boot would fail; what was found is shown first.
 */
export async function runPlan(options: CommandOptions<"plan">, context: Context): Promise<number> {
  const warnings: string[] = [];
  using system = openSystem(options, { ...context, log: recordWarnings(context.log, warnings) });
  const { profile, osRelease: osVersion } = options;
  // The preview keeps its own warnings.
  const preview = await previewBoot({ ...system, log: context.log }, {
    profile,
    osVersion,
    ...makePreviewSurroundings(context),
  });
  for (const warning of listSpaceWarnings(preview)) {
    context.log.warning(warning);
    preview.warnings.push(warning);
  }
  preview.warnings.unshift(...warnings);
  const faults = listFaults(preview);
  const fault = findObjection(preview, listObjections(faults));
  if (context.stdout.format === "json") {
    context.stdout.writeText(encodePlan(toOutput(preview, fault === undefined)));
  } else writePreview(context.stdout, preview, { fault });
  if (fault !== undefined) throw fault.error;
  if (options.isStrict) {
    checkStrictly(
      "the next boot",
      listObjections(faults, { isStrict: true }).map(({ error }) => error.message),
    );
  }
  return 0;
}

/** Something that is wrong with the next boot. */
interface BootFault {
  kind: FaultKind;
  error: TorcxError;
}

/** At the next boot there may be more room: nobody knows it before. */
function listSpaceWarnings({ copySpace }: Preview): string[] {
  return copySpace.filter(({ neededBytes, freeBytes, totalBytes }) =>
    neededBytes > freeBytes && neededBytes <= totalBytes
  ).map(({ directory, neededBytes, freeBytes }) =>
    `the copies take ${formatSize(neededBytes)}, the file system of ${quote(directory)} has ${
      formatSize(freeBytes)
    } free now`
  );
}

/** A tmpfs has whole pages, be its limit as it may (mm/shmem.c). */
const PAGE_BYTES = 4096;

/** Lists all that is wrong, in the order in which it is told. */
function listFaults(preview: Preview): BootFault[] {
  const { images, memoryBytes, memoryLimit, inodes, upperFault, warnings, conflicts } = preview;
  const inodesLimit = preview.inodesLimit ?? preview.defaultInodes;
  const faults: BootFault[] = images.flatMap(({ fault }) => fault ?? []);
  const addSpace = (message: string, hint: string): void =>
    void faults.push({ kind: "space", error: new TorcxError("no_space", message, { hint }) });
  if (memoryLimit !== undefined && memoryBytes > Math.ceil(memoryLimit / PAGE_BYTES) * PAGE_BYTES) {
    addSpace(
      `Cannot apply at the next boot: the images take ${formatSize(memoryBytes)}, the tmpfs has ${
        formatSize(memoryLimit)
      }`,
      'Set "unpack_size" in the config file, or take images as squashfs: those take no memory',
    );
  }
  if (inodes !== undefined && inodesLimit !== undefined && inodes > inodesLimit) {
    addSpace(
      `Cannot apply at the next boot: the images take ${inodes} files, directories and links, the tmpfs can hold ${inodesLimit}`,
      'Raise "unpack_inodes" in the config file, or take images as squashfs: those take none',
    );
  }
  for (const { directory, neededBytes, totalBytes } of preview.copySpace) {
    // A tmpfs without a limit has a size of nothing.
    if (totalBytes === 0 || neededBytes <= totalBytes) continue;
    addSpace(
      `Cannot apply at the next boot: the copies take ${formatSize(neededBytes)}, the file system of ${
        quote(directory)
      } has ${formatSize(totalBytes)}`,
      "Enlarge it, or take those files out of the images",
    );
  }
  if (upperFault !== undefined) {
    const error = new TorcxError(
      "not_found",
      "Cannot apply the selected profile at the next boot, which would go on without it",
      {
        cause: new TorcxError("not_found", upperFault),
        hint: 'Choose one with "torcx profile set-next NAME"',
      },
    );
    faults.push({ kind: "profile", error });
  }
  const tell = (kind: "warning" | "conflict", message: string): void =>
    void faults.push({ kind, error: new TorcxError("failed", message) });
  for (const warning of warnings) tell("warning", warning);
  for (const { image, to, kept } of conflicts) {
    tell("conflict", `image ${quote(image)}: ${quote(to)} is kept as ${kept} has it`);
  }
  return faults;
}

/** Returns the first objection to the boot; the images that fail are one. */
function findObjection({ images }: Preview, objections: readonly BootFault[]): BootFault | undefined {
  const failing = images.filter(({ fault }) => fault !== undefined && objections.includes(fault));
  if (failing.length === 0) return objections[0];
  const names = failing.map(({ image }) => quote(formatImage(image))).join(", ");
  const errors = failing.map(({ fault }) => fault!.error);
  const error = new TorcxError(
    "failed",
    `Cannot apply at the next boot: ${failing.length} of ${images.length} images would fail: ${names}`,
    { cause: errors.length === 1 ? errors[0] : new AggregateError(errors, "Each for its own reason") },
  );
  return { kind: failing[0]!.fault!.kind, error };
}

function toOutput(preview: Preview, isSuccess: boolean): PlanOutput {
  return {
    would_succeed: isSuccess,
    os_version: preview.osVersion ?? null,
    lower_profiles: preview.lower,
    upper_profile: preview.upper ?? null,
    upper_profile_fault: preview.upperFault ?? null,
    switched_off_by: preview.switchedOffBy ?? null,
    images: preview.images.map((item) => ({
      name: item.image.name,
      reference: item.image.reference,
      profile: item.image.profile,
      layer: item.layer ?? null,
      archive_path: item.archive?.path ?? null,
      format: item.archive?.format ?? null,
      reason: item.reason ?? null,
      shadowed: item.shadowed.map(({ path }) => path),
      compressed_bytes: item.archiveBytes ?? null,
      memory_bytes: item.memoryBytes ?? null,
      errors: item.fault === undefined ? [] : listMessages(item.fault.error),
    })),
    assets: preview.assets,
    conflicts: preview.conflicts,
    overrides: preview.overrides.map(({ isHidden, path, ...asset }) => ({
      ...asset,
      path,
      effective: isHidden ? "system" : "image",
    })),
    warnings: preview.warnings,
    findings: preview.findings,
    notes: preview.notes,
    memory_bytes: preview.memoryBytes,
    memory_limit_bytes: preview.memoryLimit ?? null,
    process_memory_bytes: preview.processBytes,
    boot_memory_bytes: preview.memoryBytes + preview.processBytes,
    machine_memory_bytes: preview.machineMemoryBytes ?? null,
    inodes: preview.inodes ?? null,
    inodes_limit: preview.inodesLimit ?? null,
  };
}

/** Says what becomes of the boot: a selected profile that is missing stops nothing. */
function describeVerdict(out: Output, fault: BootFault | undefined): string {
  if (fault === undefined) return out.style("green", "would succeed");
  if (listFailing([fault]).length > 0) return out.style("red", "would fail");
  return out.style("yellow", "would go on without the selected profile");
}

function writePreview(out: Output, preview: Preview, { fault }: { fault: BootFault | undefined }): void {
  const { lower, upper, osVersion, memoryBytes, memoryLimit } = preview;
  const verdict = describeVerdict(out, fault);
  const names = upper === undefined ? lower : [...lower, upper];
  if (preview.switchedOffBy === undefined) out.writeLine(`Next boot:  ${verdict}`);
  else {
    // The command line of the next boot is the boot loader's: nobody knows it before.
    out.writeLine(`Next boot:  ${out.style("yellow", "would do nothing")} with torcx=0, as in this boot;`);
    out.writeLine(`            without it, it ${verdict}`);
    out.writeLine(`Why:        ${preview.switchedOffBy} switches torcx off`);
  }
  out.writeLine(`OS version: ${osVersion ?? "unknown"}`);
  out.writeLine(`Profiles:   ${names.length === 0 ? "none" : names.join(", ")}`);
  const limit = memoryLimit === undefined ? "" : ` of ${formatSize(memoryLimit)}`;
  out.writeLine(
    `Memory:     ${formatSize(memoryBytes)}${limit}, and up to ${
      formatSize(preview.processBytes)
    } while it applies`,
  );
  writeTable(out, {
    titles: ["IMAGE", "REFERENCE", "PROFILE", "ARCHIVE", "WHY", "MEMORY"],
    rows: preview.images.map(makeRow),
  });
  writeTable(
    out,
    {
      titles: ["KIND", "IMAGE", "TARGET"],
      rows: preview.assets.map(({ kind, image, to }) => [kind, image, to]),
    },
  );
  writeTable(
    out,
    {
      titles: ["CONFLICT", "IMAGE", "KEPT AS IN"],
      rows: preview.conflicts.map(({ to, image, kept }) => [{ text: to, style: "yellow" }, image, kept]),
    },
  );
  writeTable(
    out,
    {
      titles: ["SAME NAME", "IMAGE", "TAKES EFFECT"],
      rows: preview.overrides.map(({ path, image, isHidden }) => [
        path,
        image,
        isHidden ? { text: "the system's", style: "yellow" } : "the image's",
      ]),
    },
  );
  for (const note of preview.notes) out.writeLine(`Note: ${printable(note)}`);
  for (const warning of preview.warnings) {
    out.writeLine(`${out.style("yellow", "Warning:")} ${printable(warning)}`);
  }
}

function makeRow({ image, layer, archive, reason, shadowed, memoryBytes, fault }: PreviewImage): Cell[] {
  const count = shadowed.length === 0 ? "" : ` (${shadowed.length} shadowed)`;
  const state: Cell = fault === undefined ? `${reason}${count}` : { text: "would fail", style: "red" };
  return [
    image.name,
    image.reference,
    layer === undefined ? image.profile : `${image.profile} (${layer})`,
    archive?.path ?? { text: "missing", style: "red" },
    state,
    memoryBytes === undefined ? "-" : formatSize(memoryBytes),
  ];
}

function writeTable(
  out: Output,
  { titles, rows }: { titles: readonly string[]; rows: readonly Cell[][] },
): void {
  if (rows.length === 0) return;
  out.writeLine();
  out.writeTable(titles, rows);
}
