/** Owns `torcx completion`: the scripts that teach a shell the table of verbs. */

import { formatBashCompletion } from "../../docs/completion/bash.ts";
import { formatFishCompletion } from "../../docs/completion/fish.ts";
import { formatZshCompletion } from "../../docs/completion/zsh.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";

const FORMATTERS = { bash: formatBashCompletion, zsh: formatZshCompletion, fish: formatFishCompletion };

/** Prints the completion script of a shell. */
export function runCompletion({ shell }: CommandOptions<"completion">, { stdout }: Context): number {
  stdout.writeText(FORMATTERS[shell]());
  return 0;
}
