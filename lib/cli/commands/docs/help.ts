/** Owns `torcx help` and `--help` of every verb. */

import type { Context } from "../../context.ts";
import { formatHelp } from "../../docs/help.ts";
import type { CommandOptions } from "../../options/parse.ts";

/** Shows the help of torcx, of a group of verbs or of a verb. */
export function runHelp({ topic }: CommandOptions<"help">, { stdout }: Context): number {
  stdout.writeText(formatHelp(topic));
  return 0;
}
