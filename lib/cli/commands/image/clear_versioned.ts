/** Owns `torcx image clear-versioned`: removes versioned directories of the user store. */

import { planClearVersioned } from "../../../catalog/clear_versioned.ts";
import { encodeClearVersioned } from "../../../manifest/outputs/image_clear_versioned.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { carryOut } from "./removals.ts";
import { openSystem } from "../../system.ts";

/** Removes what is not kept, or shows it. */
export async function runImageClearVersioned(
  options: CommandOptions<"image clear-versioned">,
  context: Context,
): Promise<number> {
  using system = openSystem(options, context);
  const { keepVersions, isForced, name } = options;
  const planOptions = { keepVersions, isForced, ...(name === undefined ? {} : { name }) };
  await carryOut(system, context, {
    ...options,
    makePlan: (system) => planClearVersioned(system, planOptions),
    intent: "Cannot clear the versioned stores",
    encode: (removals, { failures, ...common }) =>
      encodeClearVersioned({
        ...common,
        removals: removals.map(({ kind, version, archive, path, bytes, reason }) => ({
          type: kind,
          // Nothing goes from anywhere but versioned stores.
          version: version!,
          name: archive?.name ?? null,
          reference: archive?.reference ?? null,
          path,
          archive_path: archive?.path ?? null,
          bytes,
          reason,
        })),
        failures,
      }),
  });
  return 0;
}
