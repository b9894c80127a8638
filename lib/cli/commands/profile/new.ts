/** Owns `torcx profile new`: makes a profile, empty or as a copy. */

import { quote, UsageError } from "../../../errors.ts";
import { createProfileFile } from "../../../catalog/edit.ts";
import { encodeProfileNew } from "../../../manifest/outputs/profile_new.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { printable } from "../../output.ts";
import { getTarget } from "./target.ts";
import { openSystem } from "../../system.ts";

/** Makes a profile. */
export function runProfileNew(options: CommandOptions<"profile new">, context: Context): number {
  const target = getTarget(options, context);
  if ("file" in target && !target.file.endsWith(".json")) {
    throw new UsageError(`Cannot make profile ${quote(target.file)}: a profile's file ends in ".json"`, {
      hint: `Give "--file ${target.file}.json"`,
    });
  }
  using system = openSystem(options, context);
  const from = options.isFromNext ? "next" : options.from === undefined ? undefined : { name: options.from };
  const { path, changed } = createProfileFile(system, target, from);
  if (context.stdout.format === "text") context.stdout.writeLine(`made ${printable(path)}`);
  else context.stdout.writeText(encodeProfileNew({ changed, profile_path: path }));
  return 0;
}
