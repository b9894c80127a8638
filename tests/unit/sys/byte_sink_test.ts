/** Tests writing to streams that take a part, nothing, or fail. */

import { assertEquals } from "@std/assert";
import { writeBytes } from "../../../lib/sys/byte_sink.ts";

/** Writes ten bytes to a sink that answers so, one answer after the other, the last again and again. */
function write(...answers: (number | Error)[]): { taken: number; fault: string | undefined } {
  let taken = 0;
  const fault = writeBytes(
    {
      writeSync(bytes): number {
        const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
        if (answer instanceof Error) throw answer;
        const count = Math.min(answer, bytes.length);
        taken += count;
        return count;
      },
    },
    new Uint8Array(10),
    { patience: 20 },
  );
  return { taken, fault };
}

Deno.test("writeBytes() writes all, in as many pieces as the stream takes", () => {
  assertEquals(write(100), { taken: 10, fault: undefined });
  assertEquals(write(3), { taken: 10, fault: undefined });
  assertEquals(write(0, 4, new Deno.errors.WouldBlock(), new Deno.errors.Interrupted(), 9), {
    taken: 10,
    fault: undefined,
  });
});

Deno.test("writeBytes() says why not all was written, and never throws", () => {
  assertEquals(write(4, new Deno.errors.BrokenPipe("gone")), { taken: 4, fault: "gone" });
  assertEquals(write(0), { taken: 0, fault: "it takes nothing" });
  assertEquals(write(2, new Deno.errors.WouldBlock("full")), { taken: 2, fault: "full" });
});
