/** Tests the order and the weight of what is different from what was applied. */

import { assertEquals } from "@std/assert";
import { toDrift } from "../../../lib/state/drift_kinds.ts";

Deno.test("toDrift() puts the most urgent first, and says what makes a system a degraded one", () => {
  const kinds = ["next_image", "foreign", "archive_gone", "asset_gone", "tree"] as const;
  const drift = toDrift(kinds.map((kind) => ({ kind, message: kind })));
  assertEquals(drift.map(({ kind, scope, is_degrading }) => [kind, scope, is_degrading]), [
    ["tree", "running", true],
    ["asset_gone", "running", true],
    ["foreign", "running", false],
    ["archive_gone", "files", false],
    ["next_image", "next", false],
  ]);
  assertEquals(toDrift([]), []);
});

Deno.test("toDrift() keeps the order of differences of one kind", () => {
  const drift = toDrift(["b", "a"].map((message) => ({ kind: "tree", message })));
  assertEquals(drift.map(({ message }) => message), ["b", "a"]);
});
