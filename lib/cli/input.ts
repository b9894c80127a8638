/**
 * Owns how an answer is read from standard input: one line, from a person. It refuses to ask and to judge
 * the answer.
 */

/** Where bytes come from: `Deno.stdin`, or a buffer in tests. */
export interface ByteSource {
  isTerminal(): boolean;
  /** Fills a buffer and returns the count, null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Standard input as commands see it. */
export interface Input {
  readonly isTerminal: boolean;
  /** Reads one line without its end; undefined at the end of the input. Rejects when the signal aborts. */
  readLine(signal: AbortSignal): Promise<string | undefined>;
}

/** MAX_CANON of linux/limits.h is 255; a terminal's line buffer takes 4095 bytes (N_TTY_BUF_SIZE). */
const LINE_BYTES_MAX = 4096;

/** Makes an input of a source. */
export function openInput(source: ByteSource): Input {
  return {
    isTerminal: source.isTerminal(),
    async readLine(signal): Promise<string | undefined> {
      signal.throwIfAborted();
      return await new Promise((resolve, reject) => {
        const abort = (): void => reject(signal.reason);
        signal.addEventListener("abort", abort, { once: true });
        // A read that nobody waits for any more ends with the process.
        readLine(source).then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
      });
    },
  };
}

async function readLine(source: ByteSource): Promise<string | undefined> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(LINE_BYTES_MAX);
  let text = "";
  while (text.length < LINE_BYTES_MAX) {
    const count = await source.read(buffer);
    if (count === null || count === 0) break;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    const end = text.indexOf("\n");
    if (end !== -1) return text.slice(0, end);
  }
  return text === "" ? undefined : text;
}
