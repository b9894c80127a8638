/** Tests the names of errno values against the C library's own header. */

import { assertEquals } from "@std/assert";
import { constants } from "node:os";
import { getErrnoName } from "../../../lib/sys/errno.ts";

Deno.test("getErrnoName() has the names that the C library has", () => {
  // Two names of one number: the kernel's is the one that is shown.
  const aliases = new Set(["EWOULDBLOCK", "ENOTSUP", "EDEADLOCK"]);
  const wrong = Object.entries(constants.errno).filter(([name, number]) =>
    !aliases.has(name) && getErrnoName(number) !== name
  );
  assertEquals(Object.keys(constants.errno).length > 70, true);
  assertEquals(wrong, []);
  assertEquals([getErrnoName(0), getErrnoName(4095)], ["errno 0", "errno 4095"]);
});
