/**
 * Owns the words of a flow that fails: profile, images, archives, and the step. It looks at nothing but
 * the report as far as it has come.
 */

import { listHints, listMessages, quote, TorcxError } from "../errors.ts";
import { formatImage } from "../manifest/names.ts";
import type { ApplyReport } from "../manifest/report.ts";
import type { Operation } from "../manifest/journal.ts";
import { describeOperation } from "./operations/table.ts";
import type { ImageFault } from "./plan.ts";
import { getFaultTitle } from "./policy.ts";

/** What is attempted, before it is known of which profile. */
export const INTENT = "Cannot apply";

/** Names what is attempted by the topmost profile, once that is known. */
function describeIntent({ upper_profile, lower_profiles }: ApplyReport): string {
  const profile = upper_profile || (lower_profiles.at(-1) ?? "");
  return profile === "" ? INTENT : `${INTENT} profile ${quote(profile)}`;
}

/** Names an operation, and image and archive of what it propagates. */
export function describeStep({ images }: ApplyReport, operation: Operation): string {
  const step = describeOperation(operation);
  if (operation.kind !== "copy" && operation.kind !== "link") return step;
  const image = images.find(({ name }) => name === operation.image);
  if (image === undefined || image.archive_path === null) return step;
  return `${step}, of image ${quote(formatImage(image))} from ${quote(image.archive_path)}`;
}

/** Names the profile and the step that failed; what is no error of torcx stays what it is. */
export function describeFailure(report: ApplyReport, step: string, cause: unknown): unknown {
  if (!(cause instanceof TorcxError)) return cause;
  return new TorcxError(cause.code, `${describeIntent(report)}: it was not possible to ${step}`, { cause });
}

/** Names the profile and each image that failed, e.g. `2 of 5 images failed: "docker:17.06" (unpack)`. */
export function describeFaults(report: ApplyReport, faults: readonly ImageFault[]): TorcxError {
  const items = faults.map(({ kind, image }) => `${quote(formatImage(image))} (${getFaultTitle(kind)})`);
  return new TorcxError(
    "failed",
    `${describeIntent(report)}: ${faults.length} of ${report.images.length} images failed: ${
      items.join(", ")
    }`,
    {
      cause: faults.length === 1
        ? faults[0]!.error
        : new AggregateError(faults.map(({ error }) => flatten(error))),
    },
  );
}

/** One line for each image, and its ways out. */
function flatten(error: TorcxError): TorcxError {
  const { code } = error;
  const [first, ...others] = listHints(error).map((hint) => ({ hint }));
  // A cause without words adds its hint alone.
  const cause = others.reduceRight<TorcxError | undefined>(
    (below, options) =>
      new TorcxError(code, "", below === undefined ? options : { ...options, cause: below }),
    undefined,
  );
  const message = listMessages(error).join(": ");
  return new TorcxError(code, message, cause === undefined ? first : { ...first, cause });
}
