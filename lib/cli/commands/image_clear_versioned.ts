/** Owns `torcx image clear-versioned`: removes versioned directories of the user store. */

import { planClearVersioned, removePlanned } from "../../catalog/removal.ts";
import type { Context } from "../context.ts";
import type { CommandOptions } from "../options.ts";
import { printable } from "../output.ts";
import { openSystem } from "../system.ts";

/** Removes what is not kept. */
export function runImageClearVersioned(
  options: CommandOptions<"image clear-versioned">,
  context: Context,
): number {
  using system = openSystem(options, context);
  const { stdout, log } = context;
  const plan = planClearVersioned(system.root, system.settings, log, {
    keepVersions: options.keepVersions,
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  for (const { path } of removePlanned(system.root, log, plan)) {
    if (stdout.format === "text") stdout.writeLine(`removed ${printable(path)}`);
  }
  return 0;
}
