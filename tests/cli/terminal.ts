/**
 * Drives a real interactive shell on a pseudo-terminal, which script(1) makes, as a person would:
 * text and TAB keys go in, what the shell then runs comes out.
 */

/** How long one shell may take for everything; a hanging one must not hang the tests. */
const TIMEOUT_MS = 60_000;
const READY = "ready%";

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
  options: { cwd: string; env: Record<string, string> },
): Promise<string[][]> {
  const process = new Deno.Command("script", {
    args: ["-q", "-E", "never", "-c", shell.command, "/dev/null"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    clearEnv: true,
    ...options,
  }).spawn();
  const timer = setTimeout(() => process.kill("SIGKILL"), TIMEOUT_MS);
  const writer = process.stdin.getWriter();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  const type = (text: string): Promise<void> => writer.write(new TextEncoder().encode(text));
  const waitFor = async (mark: string): Promise<string> => {
    for (;;) {
      const at = seen.indexOf(mark);
      if (at !== -1) {
        const before = seen.slice(0, at);
        seen = seen.slice(at + mark.length);
        return before;
      }
      const { value, done } = await reader.read();
      if (done) {
        throw new Error(`${shell.command} ended before ${JSON.stringify(mark)}: ${JSON.stringify(seen)}`);
      }
      seen += value;
    }
  };
  try {
    // The echo of the line holds the marks split, so that only its output matches.
    await type(
      `${shell.setup.join("; ")}; torcx() { printf '<%s>' "$@"; printf '%s\\n' en''d; }; echo rea''dy%\n`,
    );
    await waitFor(READY);
    const results: string[][] = [];
    for (const line of lines) {
      await type(`torcx ${line}\n`);
      const output = await waitFor(">end");
      results.push((output.slice(output.lastIndexOf("\n") + 1) + ">").slice(1, -1).split("><"));
    }
    // The shell ends by itself, so that nothing writes to the directory any more.
    await type("exit\n");
    while (!(await reader.read()).done);
    return results;
  } finally {
    clearTimeout(timer);
    await writer.close().catch(() => {});
    await reader.cancel();
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await process.status;
  }
}
