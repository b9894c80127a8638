/**
 * Drives a real program on a pseudo-terminal, which script(1) makes, as a person would: text and keys go in,
 * what the program shows comes out.
 */

import { findProgram } from "./binary.ts";

/** How long one program may take for everything; a hanging one must not hang the tests. */
const TIMEOUT_MS = 60_000;
const READY = "ready%";

/** Environment and working directory of a program. */
export interface TerminalOptions {
  cwd: string;
  env: Record<string, string>;
}

/** A program on a terminal of its own. */
export class Terminal implements AsyncDisposable {
  readonly #command: string;
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #timer: ReturnType<typeof setTimeout>;
  #seen = "";

  /** Starts a shell command. */
  constructor(command: string, options: TerminalOptions) {
    this.#command = command;
    this.#process = new Deno.Command("script", {
      args: ["-q", "-e", "-E", "never", "-c", command, "/dev/null"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      clearEnv: true,
      ...options,
    }).spawn();
    this.#timer = setTimeout(() => this.#process.kill("SIGKILL"), TIMEOUT_MS);
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Types text; `\t` is the TAB key, `\x03` Ctrl-C, `\x04` Ctrl-D. */
  type(text: string): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(text));
  }

  /** Waits for a text and returns what came before it. */
  async waitFor(mark: string): Promise<string> {
    for (;;) {
      const at = this.#seen.indexOf(mark);
      if (at !== -1) {
        const before = this.#seen.slice(0, at);
        this.#seen = this.#seen.slice(at + mark.length);
        return before;
      }
      const { value, done } = await this.#reader.read();
      if (done) {
        const shown = JSON.stringify(this.#seen);
        throw new Error(`${this.#command} ended before ${JSON.stringify(mark)}: ${shown}`);
      }
      this.#seen += value;
    }
  }

  /** Waits for the program's end and returns its exit status and what it wrote since, `\r\n` as `\n`. */
  async end(): Promise<{ code: number; output: string }> {
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) break;
      this.#seen += value;
    }
    const { code } = await this.#process.status;
    return { code, output: this.#seen.replaceAll("\r\n", "\n") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writer.close().catch(() => {});
    await this.#reader.cancel();
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#process.status;
  }
}

/** Starts the program with these arguments on a terminal of its own. */
export async function openTorcx(args: readonly string[], options: TerminalOptions): Promise<Terminal> {
  const { command, environment } = await findProgram();
  const line = [...command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  // The shell would stay in between otherwise and tell its own status.
  return new Terminal(`exec ${line}`, { ...options, env: { ...environment, ...options.env } });
}

/** An interactive shell and how it is prepared. */
export interface ShellSpec {
  /** The command that starts it without anybody's own configuration. */
  readonly command: string;
  /** Lines that load the completions; `torcx` then prints its arguments instead of running. */
  readonly setup: readonly string[];
}

/**
 * Types lines into a shell and returns the arguments that `torcx` was called with, for each line.
 *
 * @param lines what follows `torcx `, with `\t` for the TAB key.
 */
export async function typeLines(
  shell: ShellSpec,
  lines: readonly string[],
  options: TerminalOptions,
): Promise<string[][]> {
  await using terminal = new Terminal(shell.command, options);
  // The echo of the line holds the marks split, so that only its output matches.
  await terminal.type(
    `${shell.setup.join("; ")}; torcx() { printf '<%s>' "$@"; printf '%s\\n' en''d; }; echo rea''dy%\n`,
  );
  await terminal.waitFor(READY);
  const results: string[][] = [];
  for (const line of lines) {
    await terminal.type(`torcx ${line}\n`);
    const output = await terminal.waitFor(">end");
    results.push((output.slice(output.lastIndexOf("\n") + 1) + ">").slice(1, -1).split("><"));
  }
  // The shell ends by itself, so that nothing writes to the directory any more.
  await terminal.type("exit\n");
  await terminal.end();
  return results;
}
