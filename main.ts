/**
 * Owns the process: arguments, environment, exit status, and what is printed of an error. By the name
 * it was called by it is `torcx-generator` or `torcx`; all else is in lib/.
 */

import { runGenerator } from "./lib/apply/generator.ts";
import { VERSION } from "./lib/cli/version.ts";
import { listHints, listMessages, TorcxError, UsageError } from "./lib/errors.ts";
import { EXIT } from "./lib/exit.ts";
import { createLogger, type Logger } from "./lib/log.ts";
import { openLogDevice } from "./lib/sys/log_device.ts";
import { setUmask } from "./lib/sys/namespace.ts";
import { findProcText } from "./lib/sys/proc.ts";
import { Root } from "./lib/sys/root.ts";

/** The variables that the program looks at. */
const VARIABLES = [
  "TORCX_BASEDIR",
  "TORCX_RUNDIR",
  "TORCX_CONFDIR",
  "TORCX_USR_MOUNTPOINT",
  "TORCX_STOREPATH",
  "TORCX_CHECK_REMOTE_ONLY",
  "JOURNAL_STREAM",
  "NO_COLOR",
  "TMPDIR",
  "TERM",
] as const;

function readEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(VARIABLES.map((name) => [name, Deno.env.get(name)]));
}

/** The name that the program was called by: Deno.execPath() has symlinks resolved, argv[0] has not. */
function readCalledName(): string {
  return (findProcText("self/cmdline") ?? "").split("\0", 1)[0]!.split("/").at(-1)!;
}

function writeStderr(line: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  } catch {
    // Nobody listens; the exit status still tells.
  }
}

/** The generator's log: /dev/kmsg reaches the journal, its stderr is easily lost. */
function createGeneratorLog(): Logger {
  const tag = "torcx-generator";
  try {
    const device = openLogDevice("/dev/kmsg");
    return createLogger({ level: "debug", form: "priority", tag, sink: (line) => device.writeLine(line) });
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    return createLogger({ level: "debug", form: "text", tag, sink: writeStderr });
  }
}

async function runAsGenerator(): Promise<number> {
  const log = createGeneratorLog();
  try {
    using root = Root.open("/");
    const kernelCommandLine = findProcText("cmdline") ?? "";
    const environment = readEnvironment();
    await runGenerator({ root, args: Deno.args, environment, kernelCommandLine, version: VERSION, log });
    return EXIT.done;
  } catch (error) {
    if (error instanceof UsageError) return printError(error);
    for (const message of listMessages(error)) log.error(message);
    for (const hint of listHints(error)) log.error(hint);
    return EXIT.failed;
  }
}

async function runAsCommand(): Promise<number> {
  const { parseOptions } = await import("./lib/cli/options.ts");
  const { openHost } = await import("./lib/cli/host.ts");
  const { createContext } = await import("./lib/cli/context.ts");
  const { runCommand } = await import("./lib/cli/run.ts");
  const environment = readEnvironment();
  try {
    const options = parseOptions(Deno.args, environment);
    return await runCommand(options, createContext(options, openHost(environment)));
  } catch (error) {
    return printError(error);
  }
}

/** Prints the chain of an error, outermost first, and its hints. */
function printError(error: unknown): number {
  const [first, ...causes] = listMessages(error);
  writeStderr(`torcx: ${first}`);
  for (const cause of causes) writeStderr(`  ${cause}`);
  for (const hint of listHints(error)) writeStderr(`Hint: ${hint}`);
  if (!(error instanceof TorcxError) && error instanceof Error) writeStderr(error.stack ?? "");
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

setUmask();
Deno.exit(await (readCalledName() === "torcx-generator" ? runAsGenerator() : runAsCommand()));
