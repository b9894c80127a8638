/** Tests how errors and their chains are told. */

import { assertEquals } from "@std/assert";
import {
  ArchiveError,
  isErrno,
  listHints,
  listMessages,
  quote,
  SyscallError,
  TorcxError,
  UsageError,
} from "../../lib/errors.ts";

const NO_FILE = new SyscallError("openat", { args: '"x"', errno: "ENOENT", text: "No such file" });

Deno.test("errors have the code of their class", () => {
  assertEquals(new UsageError("x").code, "usage");
  assertEquals(new ArchiveError("x").code, "archive");
  assertEquals(NO_FILE.code, "syscall");
  assertEquals(new SyscallError("write", { args: "3", errno: "ENOSPC", text: "full" }).code, "no_space");
  assertEquals(NO_FILE.message, 'openat("x"): ENOENT (No such file)');
});

Deno.test("isErrno() tells a system call's error by its name alone", () => {
  assertEquals(isErrno(NO_FILE, "EPERM", "ENOENT"), true);
  assertEquals(isErrno(NO_FILE, "EPERM"), false);
  assertEquals(isErrno(new TorcxError("failed", "x", { cause: NO_FILE }), "ENOENT"), false);
  assertEquals(isErrno(undefined, "ENOENT"), false);
});

Deno.test("quote() escapes what would end the quotes, the line, or turn the text round", () => {
  assertEquals(quote('a"b\\c'), '"a\\"b\\\\c"');
  assertEquals(quote("a\n\t\x1b\x7f\x9b"), '"a\\n\\t\\x1b\\x7f\\x9b"');
  assertEquals(quote("a\u202eb\u2028é😀"), '"a\\u{202e}b\\u{2028}é😀"');
});

Deno.test("listMessages() lists causes and the items of aggregates, each once, without empty ones", () => {
  const shared = new Error("shared");
  const error = new TorcxError("failed", "outer", {
    cause: new AggregateError([new Error("one", { cause: shared }), shared, "text"], ""),
  });
  assertEquals(listMessages(error), ["outer", "one", "shared", "text"]);
  const circle = new Error("circle");
  circle.cause = circle;
  assertEquals(listMessages(circle), ["circle"]);
  assertEquals(listMessages(undefined), []);
});

Deno.test("listHints() lists each way out once, outermost first", () => {
  const inner = new TorcxError("failed", "inner", { hint: "B" });
  const items = new AggregateError([inner, new TorcxError("failed", "other", { hint: "A" })]);
  assertEquals(listHints(new TorcxError("failed", "outer", { hint: "A", cause: items })), ["A", "B"]);
  assertEquals(listHints(new Error("plain")), []);
});
