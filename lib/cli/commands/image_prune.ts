/** Owns `torcx image prune`: removes archives of the user store that no profile needs. */

import { planPrune, type Removal, removePlanned } from "../../catalog/removal.ts";
import type { Context } from "../context.ts";
import type { CommandOptions } from "../options.ts";
import { formatSize, printable } from "../output.ts";
import { openSystem } from "../system.ts";

/** The kind of the JSON form. */
const PRUNE_KIND = "torcx-image-prune-v0";

/** Removes what is not needed, or shows it. */
export function runImagePrune(options: CommandOptions<"image prune">, context: Context): number {
  using system = openSystem(options, context);
  const { stdout, log } = context;
  const plan = planPrune(system.root, system.settings, log);
  const removals = (options.isDryRun ? plan : removePlanned(system.root, log, plan)).filter(isArchive);
  const bytes = removals.reduce((sum, removal) => sum + removal.bytes, 0);
  if (stdout.format === "json") {
    stdout.writeJson({
      kind: PRUNE_KIND,
      value: {
        is_dry_run: options.isDryRun,
        bytes,
        removals: removals.map(({ archive, reason, ...removal }) => ({
          name: archive.name,
          reference: archive.reference,
          filepath: removal.path,
          bytes: removal.bytes,
          reason,
        })),
      },
    });
    return 0;
  }
  const verb = options.isDryRun ? "would remove" : "removed";
  for (const { path, reason } of removals) {
    stdout.writeLine(`${verb} ${printable(path)}: ${printable(reason)}`);
  }
  stdout.writeLine(`${verb} ${removals.length} archives, ${formatSize(bytes)}`);
  return 0;
}

function isArchive(removal: Removal): removal is Removal & { archive: NonNullable<Removal["archive"]> } {
  return removal.archive !== undefined;
}
