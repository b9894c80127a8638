/** Owns `torcx plan`: what the next boot would do, and whether it would succeed. */

import { listMessages, quote, TorcxError } from "../../errors.ts";
import { formatImage } from "../../manifest/names.ts";
import type { Context } from "../context.ts";
import type { CommandOptions } from "../options.ts";
import { type Cell, formatSize, type Output, printable } from "../output.ts";
import { type Preview, previewBoot, type PreviewImage } from "../preview.ts";
import { openSystem } from "../system.ts";

/** The kind of the preview as JSON. */
const PLAN_KIND = "torcx-plan-v0";

/**
 * Shows the plan of the next boot.
 *
 * @throws {TorcxError} `failed` if the boot would fail; what was found is shown first.
 */
export async function runPlan(options: CommandOptions<"plan">, context: Context): Promise<number> {
  using system = openSystem(options, context);
  const { profile, osRelease: osVersion } = options;
  const preview = await previewBoot(system, context, { profile, osVersion });
  const error = findFault(preview);
  if (context.stdout.format === "json") {
    context.stdout.writeJson({ kind: PLAN_KIND, value: toJson(preview, error === undefined) });
  } else writePreview(context.stdout, preview, error === undefined);
  if (error !== undefined) throw error;
  return 0;
}

/** Returns why the boot's apply would fail, undefined if it would not. */
function findFault({ images, memoryBytes, memoryLimit }: Preview): TorcxError | undefined {
  const faults = images.filter(({ error }) => error !== undefined);
  if (faults.length > 0) {
    const names = faults.map(({ image }) => quote(formatImage(image))).join(", ");
    const errors = faults.map(({ error }) => error);
    return new TorcxError(
      "failed",
      `Cannot apply at the next boot: ${faults.length} of ${images.length} images would fail: ${names}`,
      {
        cause: errors.length === 1 ? errors[0] : new AggregateError(errors, "Each for its own reason"),
      },
    );
  }
  if (memoryLimit === undefined || memoryBytes <= memoryLimit) return undefined;
  return new TorcxError(
    "no_space",
    `Cannot apply at the next boot: the images take ${formatSize(memoryBytes)}, the tmpfs has ${
      formatSize(memoryLimit)
    }`,
    { hint: 'Set "unpack_size" in the config file, or take images as squashfs: those take no memory' },
  );
}

function toJson(preview: Preview, isSuccess: boolean): unknown {
  return {
    would_succeed: isSuccess,
    os_version: preview.osVersion ?? null,
    lower_profiles: preview.lower,
    upper_profile: preview.upper ?? null,
    images: preview.images.map((item) => ({
      name: item.image.name,
      reference: item.image.reference,
      profile: item.image.profile,
      layer: item.layer ?? null,
      filepath: item.archive?.path ?? null,
      format: item.archive?.format ?? null,
      reason: item.reason ?? null,
      shadowed: item.shadowed.map(({ path }) => path),
      compressed_bytes: item.archiveBytes ?? null,
      memory_bytes: item.memoryBytes ?? null,
      errors: item.error === undefined ? [] : listMessages(item.error),
    })),
    assets: preview.assets,
    conflicts: preview.conflicts,
    overrides: preview.overrides.map(({ isHidden, path, ...asset }) => ({
      ...asset,
      path,
      effective: isHidden ? "system" : "image",
    })),
    warnings: preview.warnings,
    memory_bytes: preview.memoryBytes,
    memory_limit_bytes: preview.memoryLimit ?? null,
  };
}

function writePreview(out: Output, preview: Preview, isSuccess: boolean): void {
  const { lower, upper, osVersion, memoryBytes, memoryLimit } = preview;
  const verdict = isSuccess ? out.style("green", "would succeed") : out.style("red", "would fail");
  const names = upper === undefined ? lower : [...lower, upper];
  out.writeLine(`Next boot:  ${verdict}`);
  out.writeLine(`OS version: ${osVersion ?? "unknown"}`);
  out.writeLine(`Profiles:   ${names.length === 0 ? "none" : names.join(", ")}`);
  const limit = memoryLimit === undefined ? "" : ` of ${formatSize(memoryLimit)}`;
  out.writeLine(`Memory:     ${formatSize(memoryBytes)}${limit}`);
  writeTable(out, ["IMAGE", "REFERENCE", "PROFILE", "ARCHIVE", "WHY", "MEMORY"], preview.images.map(makeRow));
  writeTable(
    out,
    ["KIND", "IMAGE", "TARGET"],
    preview.assets.map(({ kind, image, to }) => [kind, image, to]),
  );
  writeTable(
    out,
    ["CONFLICT", "IMAGE", "KEPT AS IN"],
    preview.conflicts.map(({ to, image, kept }) => [{ text: to, style: "yellow" }, image, kept]),
  );
  writeTable(
    out,
    ["SAME NAME", "IMAGE", "TAKES EFFECT"],
    preview.overrides.map(({ path, image, isHidden }) => [
      path,
      image,
      isHidden ? { text: "the system's", style: "yellow" } : "the image's",
    ]),
  );
  for (const warning of preview.warnings) {
    out.writeLine(`${out.style("yellow", "Warning:")} ${printable(warning)}`);
  }
}

function makeRow({ image, layer, archive, reason, shadowed, memoryBytes, error }: PreviewImage): Cell[] {
  const count = shadowed.length === 0 ? "" : ` (${shadowed.length} shadowed)`;
  const state: Cell = error === undefined ? `${reason}${count}` : { text: "would fail", style: "red" };
  return [
    image.name,
    image.reference,
    layer === undefined ? image.profile : `${image.profile} (${layer})`,
    archive?.path ?? { text: "missing", style: "red" },
    state,
    memoryBytes === undefined ? "-" : formatSize(memoryBytes),
  ];
}

function writeTable(out: Output, titles: readonly string[], rows: readonly Cell[][]): void {
  if (rows.length === 0) return;
  out.writeLine();
  out.writeTable(titles, rows);
}
