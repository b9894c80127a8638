/** Tests the command lines of the tasks of the tests. */

import { assertEquals, assertThrows } from "@std/assert";
import { parseNumberFlags } from "../support/number_flags.ts";

Deno.test("parseNumberFlags() takes the numbers that are given, in both spellings", () => {
  const parse = (...args: string[]) => parseNumberFlags(args, ["runs", "seed"]);
  assertEquals(parse(), {});
  assertEquals(parse("--runs", "5", "--seed=0"), { runs: 5, seed: 0 });
});

Deno.test("parseNumberFlags() refuses what is no whole number, and what it does not know", () => {
  for (const args of [["--runs", "x"], ["--runs=-1"], ["--runs=1.5"], ["--runs"], ["--runs="]]) {
    assertThrows(() => parseNumberFlags(args, ["runs"]), TypeError, "--runs takes a whole number");
  }
  for (const args of [["--rums", "5"], ["5"], ["-r", "5"]]) {
    assertThrows(() => parseNumberFlags(args, ["runs"]), TypeError, "is none of --runs");
  }
});
