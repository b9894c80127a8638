/** Tests the order of OS versions. */

import { assertEquals } from "@std/assert";
import { compareOsVersions } from "../../../lib/catalog/os_versions.ts";

Deno.test("compareOsVersions() orders numbers by value, text as text, and what has a tilde first", () => {
  const sorted = [
    "",
    "1~rc1",
    "1~rc2",
    "1",
    "1.2",
    "1.2.3",
    "1.2.10",
    "1.10",
    "2",
    "10",
    "10.0.0a",
    "10.0.0b",
  ];
  for (const [at, older] of sorted.entries()) {
    assertEquals(compareOsVersions(older, older), 0);
    for (const newer of sorted.slice(at + 1)) {
      assertEquals(compareOsVersions(older, newer) < 0, true, `${older} < ${newer}`);
      assertEquals(compareOsVersions(newer, older) > 0, true, `${newer} > ${older}`);
    }
  }
});

Deno.test("compareOsVersions() never takes two texts for one", () => {
  assertEquals(compareOsVersions("1.0", "1-0") === 0, false);
  assertEquals(compareOsVersions("01", "1") === 0, false);
  assertEquals(compareOsVersions("9".repeat(40), "1" + "0".repeat(40)) < 0, true);
});
