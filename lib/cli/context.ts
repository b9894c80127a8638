/**
 * Owns `Context`: all that a command needs from outside. It is made from a `Process`, the real
 * one (`process.ts`) or a set of buffers in tests; commands know nothing of the process themselves.
 */

import { createLogger, type Logger } from "../log.ts";
import { writeBytes } from "../sys/byte_sink.ts";
import type { Input } from "./input.ts";
import type { Environment, GlobalOptions } from "./options/parse.ts";
import { LOG_PATIENCE, Output, Progress, type Stream } from "./output.ts";

/** The process around a command. */
export interface Process {
  readonly environment: Environment;
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly stdin: Input;
  /** Whether standard error is the journal, which takes `<N>` prefixes as priorities. */
  readonly isJournal: boolean;
  readonly versions: Versions;
  /**
   * Aborted by a signal that asks for an end, its reason a `SignalError`; long work calls `throwIfAborted()`
   * between its steps.
   */
  readonly signal: AbortSignal;
  /** Returns the running kernel's command line, "" where it cannot be read. */
  readKernelCommandLine(): string;
  /** Returns how much memory the running system has, in bytes, if that can be read. */
  readMemoryBytes(): number | undefined;
  getWorkingDirectory(): string;
  now(): Date;
}

/** The versions of what the program is built with. */
export interface Versions {
  readonly deno: string;
  readonly v8: string;
  readonly typescript: string;
  /** Where the @std packages come from. */
  readonly std: "jsr" | "stand-ins";
  /** Operating system and machine, e.g. `x86_64-unknown-linux-gnu`. */
  readonly target: string;
}

/** What a command works with: the process, and what the options make of it. */
export interface Context {
  readonly process: Process;
  readonly stdout: Output;
  readonly progress: Progress;
  /** Asks a person, who sees the question and answers in one line; undefined where nobody is there. */
  readonly ask: ((question: string) => Promise<string | undefined>) | undefined;
  readonly log: Logger;
  /** The kernel's command line; "" below another root: it says nothing about that system. */
  readonly kernelCommandLine: string;
  /** How much memory the system has, in bytes; undefined below another root. */
  readonly memoryBytes: number | undefined;
}

/** Makes the context of one command. */
export function createContext(options: GlobalOptions, process: Process): Context {
  const { environment, stdin, stdout, stderr } = process;
  const progress = new Progress(stderr, () => process.now().getTime());
  const encoder = new TextEncoder();
  const writeLog = (line: string): void => {
    progress.clear();
    writeBytes(stderr.sink, encoder.encode(line + "\n"), { patience: LOG_PATIENCE });
  };
  const output = new Output({
    stream: stdout,
    format: options.output === "auto" ? (stdout.isTerminal ? "text" : "json") : options.output,
    // https://no-color.org: any value but the empty one switches colour off.
    hasColor: stdout.isTerminal && !environment["NO_COLOR"] && environment["TERM"] !== "dumb",
  });
  const ask = (question: string): Promise<string | undefined> => {
    output.writeText(`${question} `);
    return stdin.readLine(process.signal);
  };
  return {
    process,
    progress,
    ask: stdin.isTerminal && stdout.isTerminal ? ask : undefined,
    stdout: output,
    log: createLogger({
      level: options.verbose,
      form: process.isJournal ? "priority" : "text",
      tag: "torcx",
      sink: writeLog,
    }),
    // Read when it is asked for: help and version need no /proc.
    get kernelCommandLine(): string {
      return isRunningSystem(options.root) ? process.readKernelCommandLine() : "";
    },
    get memoryBytes(): number | undefined {
      return isRunningSystem(options.root) ? process.readMemoryBytes() : undefined;
    },
  };
}

/** Returns whether a `--root` is the running system's own, as `/` or `/..`. */
export function isRunningSystem(root: string): boolean {
  return /^(?:\/+\.{0,2})+$/.test(root);
}
