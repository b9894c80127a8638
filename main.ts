/**
 * Owns the process: arguments, environment, exit status, and what is printed of an error. By the name
 * it was called by it is `torcx-generator` or `torcx`; all else is in lib/.
 */

import { describeFailure, type Failure, withIntent } from "./lib/cli/failure.ts";
import { VERSION } from "./lib/version.ts";
import { readEnvironment } from "./lib/config/environment.ts";
import { UsageError } from "./lib/errors.ts";
import { EXIT } from "./lib/exit.ts";
import { writeBytes } from "./lib/sys/byte_sink.ts";
import { setUmask } from "./lib/sys/namespace.ts";
import { findProcText } from "./lib/sys/proc.ts";
import { keepPermissions } from "./lib/sys/permissions.ts";
import { Root } from "./lib/sys/root.ts";
import { listenToSignals } from "./lib/sys/signals.ts";

/** The name that the program was called by: Deno.execPath() has symlinks resolved, argv[0] has not. */
function readCalledName(): string {
  return (findProcText("self/cmdline") ?? "").split("\0", 1)[0]!.split("/").at(-1)!;
}

/** Writes a line; if nobody takes it, the exit status still tells. */
function writeStderr(line: string): void {
  writeBytes(Deno.stderr, new TextEncoder().encode(`${line}\n`), { patience: 100 });
}

async function runAsGenerator(signal: AbortSignal): Promise<number> {
  keepPermissions({ programs: ["modprobe"] });
  const { openGeneratorLog, runGenerator } = await import("./lib/boot/generator.ts");
  const log = openGeneratorLog(writeStderr);
  try {
    using root = Root.open("/");
    const kernelCommandLine = findProcText("cmdline") ?? "";
    const environment = readEnvironment((name) => Deno.env.get(name));
    const { args } = Deno;
    await runGenerator({ root, args, environment, kernelCommandLine, version: VERSION, log, signal });
    return EXIT.done;
  } catch (error) {
    const failure = describeFailure(withIntent(error, "torcx-generator"), { signal });
    if (error instanceof UsageError) return printFailure(failure);
    for (const line of [...failure.messages, ...failure.hints]) log.error(line);
    return failure.status;
  }
}

async function runAsCommand(signal: AbortSignal): Promise<number> {
  const { runProgram } = await import("./lib/cli/program.ts");
  const { status, fault } = await runProgram(Deno.args, {
    environment: readEnvironment((name) => Deno.env.get(name)),
    signal,
  });
  if (fault === undefined) return status;
  writeStderr(`torcx: Cannot write to standard output: ${fault}; the command itself has run to its end`);
  return EXIT.failed;
}

/** Prints the chain of an error, outermost first, and its hints. */
function printFailure({ messages: [first, ...causes], hints, stack, status }: Failure): number {
  writeStderr(`torcx: ${first}`);
  for (const cause of causes) writeStderr(`  ${cause}`);
  for (const hint of hints) writeStderr(`Hint: ${hint}`);
  if (stack !== undefined) writeStderr(stack);
  return status;
}

async function run(): Promise<number> {
  const signal = listenToSignals();
  try {
    setUmask();
    return await (readCalledName() === "torcx-generator" ? runAsGenerator(signal) : runAsCommand(signal));
  } catch (error) {
    return printFailure(describeFailure(error, { signal }));
  }
}

Deno.exit(await run());
