/** Tests that a failure of space is known by any of its causes. */

import { assertEquals } from "@std/assert";
import { isSpaceError } from "../../../lib/image/space.ts";
import { SyscallError, TorcxError } from "../../../lib/errors.ts";

Deno.test("isSpaceError() looks at an error and all its causes", () => {
  const full = new SyscallError("write", { args: "3", errno: "ENOSPC", text: "No space left on device" });
  const wrap = (cause: unknown): TorcxError => new TorcxError("archive", "Cannot", { cause });
  for (
    const [error, isSpace] of [
      [full, true],
      [wrap(wrap(full)), true],
      [wrap(new SyscallError("write", { args: "3", errno: "EIO", text: "Input/output error" })), false],
      [wrap("no_space"), false],
      [undefined, false],
    ] as const
  ) assertEquals(isSpaceError(error), isSpace);
});
