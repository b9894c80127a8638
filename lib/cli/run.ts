/**
 * Owns the way from options to the code that does them. Each command is a module that is loaded
 * only when it is called for; `main.ts` calls it and turns the number into the exit status.
 */

import type { Context } from "./context.ts";
import { withIntent } from "./failure.ts";
import type { Options } from "./options.ts";

/**
 * Runs one command and returns its exit status.
 *
 * @throws {TorcxError} if it fails; nothing was printed about it.
 */
export async function runCommand(options: Options, context: Context): Promise<number> {
  try {
    return await dispatch(options, context);
  } catch (error) {
    throw withIntent(error, `torcx ${options.command}`);
  }
}

async function dispatch(options: Options, context: Context): Promise<number> {
  switch (options.command) {
    case "apply":
      return await (await import("./commands/apply.ts")).runApply(options, context);
    case "status":
      return (await import("./commands/status.ts")).runStatus(options, context);
    case "plan":
      return await (await import("./commands/plan.ts")).runPlan(options, context);
    case "why":
      return (await import("./commands/why.ts")).runWhy(options, context);
    case "image extract":
      return await (await import("./commands/image_extract.ts")).runImageExtract(options, context);
    case "profile list":
      return (await import("./commands/profile_list.ts")).runProfileList(options, context);
    case "profile show":
      return (await import("./commands/profile_show.ts")).runProfileShow(options, context);
    case "profile new":
      return (await import("./commands/profile_new.ts")).runProfileNew(options, context);
    case "profile set-next":
      return (await import("./commands/profile_set_next.ts")).runProfileSetNext(options, context);
    case "profile use-image":
      return (await import("./commands/profile_use_image.ts")).runProfileUseImage(options, context);
    case "profile remove-image":
      return (await import("./commands/profile_remove_image.ts")).runProfileRemoveImage(options, context);
    case "profile diff":
      return (await import("./commands/profile_diff.ts")).runProfileDiff(options, context);
    case "profile check":
      return await (await import("./commands/profile_check.ts")).runProfileCheck(options, context);
    case "image list":
      return (await import("./commands/image_list.ts")).runImageList(options, context);
    case "image prune":
      return (await import("./commands/image_prune.ts")).runImagePrune(options, context);
    case "image clear-versioned":
      return (await import("./commands/image_clear_versioned.ts")).runImageClearVersioned(options, context);
    case "config show":
      return (await import("./commands/config_show.ts")).runConfigShow(options, context);
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
      return options satisfies never;
  }
}
