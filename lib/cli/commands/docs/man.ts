/** Owns the hidden verb `torcx man PAGE`, by which packages make their manual pages. */

import type { Context } from "../../context.ts";
import { formatManPage } from "../../docs/man.ts";
import type { CommandOptions } from "../../options/parse.ts";

/** Prints a manual page. */
export function runMan({ page }: CommandOptions<"man">, { stdout }: Context): number {
  stdout.writeText(formatManPage(page));
  return 0;
}
