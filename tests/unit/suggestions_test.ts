/** Tests what a mistyped word may have meant. */

import { assertEquals } from "@std/assert";
import { findNearest } from "../../lib/suggestions.ts";

const WORDS = ["list", "show", "check", "set-next", "use-image", "remove-image"];

Deno.test("findNearest() finds the word that differs least, and guesses nothing", () => {
  const cases: Record<string, string | undefined> = {
    chek: "check",
    chekc: "check",
    hcek: undefined,
    lsit: "list",
    shwo: "show",
    setnext: "set-next",
    "remove-imag": "remove-image",
    // A third may be wrong.
    "use-omige": "use-image",
    // The start of a word is enough from three letters.
    rem: "remove-image",
    re: undefined,
    xyz: undefined,
    "": undefined,
  };
  for (const [word, found] of Object.entries(cases)) assertEquals(findNearest(word, WORDS), found, word);
  assertEquals(findNearest("list", []), undefined);
  assertEquals(findNearest("abc", ["abd", "abe"]), "abd", "the first of two");
});
