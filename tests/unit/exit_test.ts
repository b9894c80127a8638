/** Tests the table of exit statuses. */

import { assertEquals } from "@std/assert";
import { EXIT, EXIT_STATUSES, formatExitNumber } from "../../lib/exit.ts";

Deno.test("each exit status has a number of its own, in order, and its words", () => {
  const numbers = EXIT_STATUSES.map(({ number }): number => number);
  assertEquals(numbers, [...new Set(numbers)].sort((a, b) => a - b));
  assertEquals(EXIT_STATUSES.filter(({ help }) => /^[A-Z]|\.$/.test(help)), []);
  assertEquals(EXIT, { done: 0, failed: 1, usage: 2, notApplied: 3, degraded: 4, atWork: 5, signal: 128 });
});

Deno.test("formatExitNumber() adds the signal's number where there is one", () => {
  assertEquals(EXIT_STATUSES.map(formatExitNumber), ["0", "1", "2", "3", "4", "5", "128+N"]);
});
