/**
 * Owns the hidden verb `torcx __complete LIST`, which the completion scripts call: names, one a line.
 */

import { formatImage } from "../../../manifest/names.ts";
import { listProfiles } from "../../../catalog/profiles.ts";
import { indexStores } from "../../../catalog/stores.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { listRemotes } from "../../../catalog/remotes.ts";
import { listOriginNames } from "../../../state/origins.ts";
import { printable } from "../../output.ts";
import { SILENT_LOG } from "../../../log.ts";
import type { System } from "../../../config/system.ts";
import { openSystem } from "../../system.ts";

/** Prints the names of a list. */
export function runComplete(options: CommandOptions<"__complete">, context: Context): number {
  using system = openSystem(options, { ...context, log: SILENT_LOG });
  for (const name of new Set(listNames(options.list, system))) context.stdout.writeLine(printable(name));
  return 0;
}

function listNames(list: CommandOptions<"__complete">["list"], system: System): string[] {
  switch (list) {
    case "profiles":
      return [...listProfiles(system).keys()];
    case "images":
      return indexStores(system).archives.map(({ name }) => name);
    case "archives":
      return indexStores(system).archives.map(formatImage);
    case "origins":
      return listOriginNames(system);
    case "remotes":
      return listRemotes(system).map(({ name }) => name);
    default:
      return list satisfies never;
  }
}
