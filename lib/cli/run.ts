/**
 * Owns the way from options to the code that does them. Each command is a module that is loaded
 * only when it is called for; `main.ts` calls it and turns the number into the exit status.
 */

import { quote, TorcxError } from "../errors.ts";
import type { Context } from "./context.ts";
import type { Options } from "./options.ts";

/**
 * Runs one command and returns its exit status.
 *
 * @throws {TorcxError} if it fails; nothing was printed about it.
 */
export async function runCommand(options: Options, context: Context): Promise<number> {
  switch (options.command) {
    case "apply":
      return await (await import("./commands/apply.ts")).runApply(options, context);
    case "status":
      return (await import("./commands/status.ts")).runStatus(options, context);
    case "why":
      return (await import("./commands/why.ts")).runWhy(options, context);
    case "completion":
      return (await import("./commands/completion.ts")).runCompletion(options, context);
    case "man":
      return (await import("./commands/man.ts")).runMan(options, context);
    case "__complete":
      return (await import("./commands/complete.ts")).runComplete(options, context);
    case "help":
      return (await import("./commands/help.ts")).runHelp(options, context);
    case "version":
      return (await import("./commands/version.ts")).runVersion(options, context);
    default:
      throw new TorcxError(
        "unsupported",
        `Cannot run ${quote(options.command)}: it is not available in this version`,
      );
  }
}
