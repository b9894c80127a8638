/**
 * Owns the way from options to the code that does them. Each command is a module that is loaded only when it
 * is called for. It refuses to exit: it returns the status.
 */

import type { Context } from "./context.ts";
import { withIntent } from "./failure.ts";
import type { Options } from "./options/parse.ts";

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
      return await (await import("./commands/system/apply.ts")).runApply(options, context);
    case "status":
      return (await import("./commands/system/status.ts")).runStatus(options, context);
    case "plan":
      return await (await import("./commands/system/plan.ts")).runPlan(options, context);
    case "why":
      return (await import("./commands/system/why.ts")).runWhy(options, context);
    case "image extract":
      return await (await import("./commands/image/extract.ts")).runImageExtract(options, context);
    case "profile list":
      return (await import("./commands/profile/list.ts")).runProfileList(options, context);
    case "profile show":
      return (await import("./commands/profile/show.ts")).runProfileShow(options, context);
    case "profile new":
      return (await import("./commands/profile/new.ts")).runProfileNew(options, context);
    case "profile set-next":
      return (await import("./commands/profile/set_next.ts")).runProfileSetNext(options, context);
    case "profile use-image":
      return (await import("./commands/profile/use_image.ts")).runProfileUseImage(options, context);
    case "profile remove-image":
      return (await import("./commands/profile/remove_image.ts")).runProfileRemoveImage(options, context);
    case "profile diff":
      return (await import("./commands/profile/diff.ts")).runProfileDiff(options, context);
    case "profile check":
      return await (await import("./commands/profile/check.ts")).runProfileCheck(options, context);
    case "profile populate":
      return await (await import("./commands/profile/populate.ts")).runProfilePopulate(options, context);
    case "remote list":
      return (await import("./commands/remote/list.ts")).runRemoteList(options, context);
    case "remote show":
      return (await import("./commands/remote/show.ts")).runRemoteShow(options, context);
    case "remote check":
      return await (await import("./commands/remote/check.ts")).runRemoteCheck(options, context);
    case "image list":
      return (await import("./commands/image/list.ts")).runImageList(options, context);
    case "image prune":
      return (await import("./commands/image/prune.ts")).runImagePrune(options, context);
    case "image clear-versioned":
      return (await import("./commands/image/clear_versioned.ts")).runImageClearVersioned(options, context);
    case "config show":
      return (await import("./commands/config/show.ts")).runConfigShow(options, context);
    case "completion":
      return (await import("./commands/docs/completion.ts")).runCompletion(options, context);
    case "man":
      return (await import("./commands/docs/man.ts")).runMan(options, context);
    case "__complete":
      return (await import("./commands/docs/complete.ts")).runComplete(options, context);
    case "help":
      return (await import("./commands/docs/help.ts")).runHelp(options, context);
    case "version":
      return (await import("./commands/docs/version.ts")).runVersion(options, context);
    default:
      return options satisfies never;
  }
}
