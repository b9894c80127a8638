import { assertEquals } from "@std/assert";
import { parseRetryAfter } from "../../../lib/remote/network_error.ts";

Deno.test("parseRetryAfter() takes seconds and dates", () => {
  const now = Date.UTC(2026, 0, 1);
  for (
    const [text, expected] of [
      ["0", 0],
      ["120", 120_000],
      ["Thu, 01 Jan 2026 00:00:05 GMT", 5000],
      ["Thu, 01 Jan 2015 00:00:00 GMT", 0],
      ["soon", undefined],
      [null, undefined],
    ] as const
  ) {
    assertEquals(parseRetryAfter(text, now), expected, String(text));
  }
});
