/**
 * Owns calling the program's verbs in this very process, from the arguments to the exit status, so that one call
 * takes milliseconds. What `main.ts` does beyond that is left out.
 */

import { createContext, type Process } from "../../lib/cli/context.ts";
import { describeFailure } from "../../lib/cli/failure.ts";
import { parseOptions } from "../../lib/cli/options/parse.ts";
import { runCommand } from "../../lib/cli/run.ts";

/** What a call came to. */
export interface CallResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** What is around a call. */
export interface CallOptions {
  environment: Readonly<Record<string, string>>;
  kernelCommandLine: string;
}

/** Calls a verb. */
export async function callTorcx(args: readonly string[], options: CallOptions): Promise<CallResult> {
  const stdout = new Buffer();
  const stderr = new Buffer();
  const { signal } = new AbortController();
  const process: Process = {
    environment: options.environment,
    stdout: { sink: stdout, isTerminal: false, columns: 80 },
    stderr: { sink: stderr, isTerminal: false, columns: 80 },
    stdin: { isTerminal: false, readLine: () => Promise.resolve(undefined) },
    isJournal: false,
    versions: { deno: "1", v8: "1", typescript: "1", target: "test", std: "jsr" },
    signal,
    readKernelCommandLine: () => options.kernelCommandLine,
    readMemoryBytes: () => undefined,
    getWorkingDirectory: () => "/",
    now: () => new Date(),
  };
  const { kernelCommandLine } = options;
  let code: number;
  try {
    const parsed = parseOptions([...args], options.environment);
    // Below another root nothing is known of a kernel command line: here the test says what it is.
    const context = Object.defineProperty(createContext(parsed, process), "kernelCommandLine", {
      value: kernelCommandLine,
    });
    code = await runCommand(parsed, context);
  } catch (error) {
    const { messages, hints, stack, status } = describeFailure(error, { signal });
    stderr.writeText([...messages, ...hints, ...stack === undefined ? [] : [stack]].join("\n"));
    code = status;
  }
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** A stream that keeps what is written to it. */
class Buffer {
  text = "";
  readonly #decoder = new TextDecoder();

  writeSync(bytes: Uint8Array): number {
    this.text += this.#decoder.decode(bytes, { stream: true });
    return bytes.length;
  }

  writeText(text: string): void {
    this.text += text;
  }
}
