/** Tests whose files are believed. */

import { assertEquals } from "@std/assert";
import { findDistrust } from "../../../lib/state/trust.ts";

Deno.test("findDistrust() believes root and this user, where nobody else may write", () => {
  const judge = (uid: number, mode: number): string | undefined => findDistrust({ uid, mode } as never);
  assertEquals([judge(0, 0o644), judge(Deno.uid()!, 0o600), judge(0, 0o1755)], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(judge(12345, 0o600), "it belongs to user 12345");
  assertEquals(judge(0, 0o664), "others may write it (mode 0664)");
  assertEquals(judge(0, 0o666), "others may write it (mode 0666)");
  assertEquals(judge(0, 0o1777), "others may write it (mode 01777)");
});
