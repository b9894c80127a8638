/** Owns `torcx version` and `torcx --version`. */

import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { VERSION } from "../../../version.ts";

/** Shows the version of torcx and of what it is built with. */
export function runVersion(_options: CommandOptions<"version">, { stdout, versions }: Context): number {
  const { deno, v8, typescript, target } = versions;
  stdout.writeLine(`torcx ${VERSION} (deno ${deno}, v8 ${v8}, typescript ${typescript}, ${target})`);
  return 0;
}
