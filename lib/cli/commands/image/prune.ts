/** Owns `torcx image prune`: removes archives of the user store that no profile needs. */

import { planPrune } from "../../../catalog/prune.ts";
import { encodeImagePrune } from "../../../manifest/outputs/image_prune.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { carryOut } from "./removals.ts";
import { openSystem } from "../../system.ts";

/** Removes what is not needed, or shows it. */
export async function runImagePrune(
  options: CommandOptions<"image prune">,
  context: Context,
): Promise<number> {
  using system = openSystem(options, context);
  const { isForced } = options;
  await carryOut(system, context, {
    ...options,
    makePlan: (system) => planPrune(system, { isForced }),
    intent: "Cannot prune the user store",
    encode: (removals, { failures, ...common }) =>
      encodeImagePrune({
        ...common,
        removals: removals.flatMap(({ archive, path, bytes, reason }) =>
          archive === undefined
            ? []
            : [{ name: archive.name, reference: archive.reference, archive_path: path, bytes, reason }]
        ),
        directories: removals.filter(({ kind }) => kind === "empty").map(({ path }) => path),
        failures,
      }),
  });
  return 0;
}
