/** Tests what is said of an error that ends the program, and the exit status that it gives. */

import { assert, assertEquals } from "@std/assert";
import { SignalError, SyscallError, TorcxError, UsageError } from "../../../lib/errors.ts";
import { describeFailure, withIntent } from "../../../lib/cli/failure.ts";

const SIGNAL = new AbortController().signal;

Deno.test("describeFailure() tells the chain and its hints, and nothing of where it is in the program", () => {
  const cause = new SyscallError("openat", { args: '"/x"', errno: "EIO", text: "Input/output error" });
  const error = new TorcxError("failed", 'Cannot read "/x"', { cause, hint: "Look at the disk" });
  assertEquals(describeFailure(error, { signal: SIGNAL }), {
    messages: ['Cannot read "/x"', 'openat("/x"): EIO (Input/output error)'],
    hints: ["Look at the disk"],
    stack: undefined,
    status: 1,
  });
});

Deno.test("describeFailure() gives 2 for a wrong usage, 128 and the number for a signal", () => {
  assertEquals(describeFailure(new UsageError("Cannot parse"), { signal: SIGNAL }).status, 2);
  const controller = new AbortController();
  controller.abort(new SignalError("SIGHUP", 1));
  const error = new TorcxError("failed", "Cannot extract", { cause: controller.signal.reason });
  const { messages, status } = describeFailure(error, { signal: controller.signal });
  assertEquals(messages, ["Cannot extract", "Cannot go on: SIGHUP was received"]);
  assertEquals(status, 129);
});

Deno.test("describeFailure() calls a fault of torcx one, with the place in the program", () => {
  const { messages, stack, status } = describeFailure(new TypeError("x is undefined"), { signal: SIGNAL });
  assertEquals(messages, ["Cannot go on: a fault of torcx itself", "x is undefined"]);
  assert(stack?.includes("failure_test.ts"));
  assertEquals(status, 1);
});

Deno.test("describeFailure() finds a refused mount in an aggregate deep in the chain", () => {
  const mount = new SyscallError("mount", {
    args: '"tmpfs"',
    errno: "EPERM",
    text: "Operation not permitted",
  });
  const error = new TorcxError("failed", "Cannot apply", {
    cause: new AggregateError([new Error("a"), mount]),
  });
  assertEquals(describeFailure(error, { signal: SIGNAL }).hints, [
    Deno.uid() === 0
      ? "Mounts need the capability CAP_SYS_ADMIN: run it outside of the container, or with that capability"
      : "Run it as root",
  ]);
});

Deno.test("withIntent() says what was attempted if the error is a bare system call", () => {
  const bare = new SyscallError("openat", { args: '"/x"', errno: "EIO", text: "Input/output error" });
  const error = withIntent(bare, "torcx apply");
  assert(error instanceof TorcxError && error.cause === bare);
  assertEquals([error.code, error.message], ["syscall", 'Cannot finish "torcx apply"']);
  for (const other of [error, new UsageError("Cannot parse"), new TypeError("x")]) {
    assertEquals(withIntent(other, "torcx apply"), other);
  }
});
