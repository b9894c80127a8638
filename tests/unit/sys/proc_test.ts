/** Tests what is read of /proc. */

import { assertEquals, assertThrows } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { findProcText, guessProcText } from "../../../lib/sys/proc.ts";

Deno.test("findProcText() reads a file, and tells absent from unreadable", () => {
  assertEquals(findProcText("self/status")?.includes(`\nPid:\t${Deno.pid}\n`), true);
  assertEquals(findProcText("no-such-file"), undefined);
  assertEquals(findProcText("self/status/below"), undefined);
  assertThrows(() => findProcText("self"), TorcxError, 'Cannot read "/proc/self" of the kernel');
  assertEquals(guessProcText("self"), undefined);
  assertEquals(guessProcText("self/status") === undefined, false);
});
