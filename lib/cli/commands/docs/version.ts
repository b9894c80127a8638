/** Owns `torcx version` and `torcx --version`. */

import { encodeVersion } from "../../../manifest/outputs/version.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { VERSION } from "../../../version.ts";

/** Shows the version of torcx and of what it is built with. */
export function runVersion(
  options: CommandOptions<"version">,
  { process: { versions }, stdout }: Context,
): number {
  const { deno, v8, typescript, target, std } = versions;
  // One line also where nobody looks, as people and packages know it: JSON is asked for.
  if (options.output === "json") {
    stdout.writeText(encodeVersion({ version: VERSION, deno, v8, typescript, target, std }));
  } else {
    const parts = [`deno ${deno}`, `v8 ${v8}`, `typescript ${typescript}`, `@std ${std}`, target];
    stdout.writeLine(`torcx ${VERSION} (${parts.join(", ")})`);
  }
  return 0;
}
