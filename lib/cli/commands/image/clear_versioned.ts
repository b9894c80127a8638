/** Owns `torcx image clear-versioned`: removes versioned directories of the user store. */

import { planClearVersioned } from "../../../catalog/clear_versioned.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { carryOut } from "./removals.ts";
import { openSystem } from "../../system.ts";

/** The kind of the JSON form. */
const CLEAR_VERSIONED_KIND = "torcx-image-clear-versioned-v0";

/** Removes what is not kept, or shows it. */
export async function runImageClearVersioned(
  options: CommandOptions<"image clear-versioned">,
  context: Context,
): Promise<number> {
  using system = openSystem(options, context);
  const { root, settings } = system;
  const { keepVersions, isForced, name } = options;
  const planOptions = { keepVersions, isForced, ...(name === undefined ? {} : { name }) };
  await carryOut(root, (log) => planClearVersioned(root, settings, log, planOptions), {
    ...options,
    intent: "Cannot clear the versioned stores",
    kind: CLEAR_VERSIONED_KIND,
    toJson: (removals) => ({
      removals: removals.map(({ kind, version, archive, path, bytes, reason }) => ({
        type: kind,
        version,
        name: archive?.name ?? null,
        reference: archive?.reference ?? null,
        path,
        archive_path: archive?.path ?? null,
        bytes,
        reason,
      })),
    }),
  }, context);
  return 0;
}
