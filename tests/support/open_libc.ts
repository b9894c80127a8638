/**
 * Owns the opening of all of libc's functions before the tests, which load it in front of themselves: they are opened at
 * their first call, which `deno test` takes for a leak of the test that happens to make it.
 */

import { libc } from "../../lib/sys/libc.ts";

for (const call of Object.values(libc) as (() => unknown)[]) {
  try {
    // What takes arguments is opened, and not called without them.
    call();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
