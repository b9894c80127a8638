/**
 * Owns the run of one command: argv → options → context → command. It is loaded where the program is called as `torcx`.
 * It refuses the exit.
 */

import { createContext } from "./context.ts";
import { type Environment, parseOptions } from "./options/parse.ts";
import { findVerb } from "./options/split_argv.ts";
import { openProcess } from "./process.ts";
import { keepPermissions } from "../sys/permissions.ts";
import { runCommand } from "./run.ts";

/** What a command came to. */
export interface ProgramEnd {
  status: number;
  /** Why standard output did not take all of what the command printed. */
  fault: string | undefined;
}

/**
 * Runs the command that the arguments name.
 *
 * @throws {UsageError} if they name none, or not as it wants them; nothing was done.
 * @throws {TorcxError} if it failed.
 */
export async function runProgram(
  args: readonly string[],
  { environment, signal }: { environment: Environment; signal: AbortSignal },
): Promise<ProgramEnd> {
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  const options = parseOptions(args, environment, { onWarning });
  keepPermissions(findVerb(options.command)?.keeps ?? {});
  const context = createContext(options, openProcess(environment, signal));
  for (const message of warnings) context.log.warning(message);
  const status = await runCommand(options, context);
  return { status, fault: context.stdout.fault };
}
