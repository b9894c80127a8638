/*
 * Runs the outside programs of the boot tests (mmdebstrap, cpio, mksquashfs) and says what they said if they fail.
 * Knows nothing of guests or images. Called by every other file of this directory.
 */

export interface CommandOptions {
  /** Working directory; default the caller's. */
  cwd?: string;
  /** Variables beside the caller's. */
  env?: Record<string, string>;
}

/**
 * Runs a program to its end and returns its standard output.
 *
 * @throws {Error} if the program cannot be started or exits with a status other than 0; the message holds the
 * tail of its standard error
 */
export async function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const [program, ...args] = command;
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) {
    const tail = decoder.decode(stderr).trimEnd().split("\n").slice(-20).join("\n");
    throw new Error(`Cannot run "${command.join(" ")}": exit status ${code}\n${tail}`);
  }
  return decoder.decode(stdout);
}

/** Runs a shell pipeline with positional parameters; a failure of any of its parts fails the whole. */
export function runPipeline(script: string, parameters: readonly string[]): Promise<string> {
  return runCommand(["bash", "-euo", "pipefail", "-c", script, "pipeline", ...parameters]);
}

/** Prints one line of progress, past the test runner's capture of console.log. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`test: ${line}\n`));
}
