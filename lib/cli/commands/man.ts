/** Owns the hidden verb `torcx man PAGE`, by which packages make their manual pages. */

import type { Context } from "../context.ts";
import { formatManPage } from "../man.ts";
import type { CommandOptions } from "../options.ts";

/** Prints a manual page. */
export function runMan({ page }: CommandOptions<"man">, { stdout }: Context): number {
  stdout.writeText(formatManPage(page));
  return 0;
}
