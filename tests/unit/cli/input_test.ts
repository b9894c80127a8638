/** Tests how an answer is read from standard input. */

import { assertEquals, assertRejects } from "@std/assert";
import { openInput } from "../../../lib/cli/input.ts";

/** An input of these pieces. */
function makeInput(...pieces: string[]): ReturnType<typeof openInput> {
  return openInput({
    isTerminal: () => true,
    read(buffer): Promise<number | null> {
      const piece = pieces.shift();
      if (piece === undefined) return Promise.resolve(null);
      const bytes = new TextEncoder().encode(piece);
      buffer.set(bytes);
      return Promise.resolve(bytes.length);
    },
  });
}

Deno.test("readLine() reads one line, in however many pieces, and nothing at the end", async () => {
  const { signal } = new AbortController();
  assertEquals(await makeInput("yes\nmore\n").readLine(signal), "yes");
  assertEquals(await makeInput("y", "e", "s\n").readLine(signal), "yes");
  assertEquals(await makeInput("yes").readLine(signal), "yes");
  assertEquals(await makeInput("\n").readLine(signal), "");
  assertEquals(await makeInput().readLine(signal), undefined);
  assertEquals((await makeInput("x".repeat(4096), "y\n").readLine(signal))?.length, 4096);
});

Deno.test("readLine() ends when the signal aborts", async () => {
  const controller = new AbortController();
  const input = openInput({ isTerminal: () => true, read: () => new Promise(() => {}) });
  assertEquals(input.isTerminal, true);
  const line = input.readLine(controller.signal);
  controller.abort(new RangeError("told to end"));
  await assertRejects(() => line, RangeError, "told to end");
  await assertRejects(() => input.readLine(controller.signal), RangeError);
});
