/** Tests how text stands in a unit file. */

import { assertEquals, assertThrows } from "@std/assert";
import { escapeSpecifiers, quoteProgram, quoteVariable, quoteWord } from "../../../lib/boot/unit_text.ts";
import { TorcxError } from "../../../lib/errors.ts";

Deno.test("quoteWord() keeps one word one word, whatever it holds", () => {
  const cases: Record<string, string> = {
    "/a/b-1.2_c:d@e": "/a/b-1.2_c:d@e",
    "/a b": '"/a b"',
    "/100%": "/100%%",
    'a"b': '"a\\"b"',
    "a\\b": '"a\\\\b"',
    "a'b": `"a'b"`,
    "$x": '"$x"',
    "": '""',
  };
  for (const [text, word] of Object.entries(cases)) assertEquals(quoteWord(text), word, text);
});

Deno.test("escapeSpecifiers() and quoteVariable() leave nothing that systemd would replace", () => {
  assertEquals(escapeSpecifiers("/%h/%%"), "/%%h/%%%%");
  assertEquals(quoteVariable("A", "b c%n"), '"A=b c%%n"');
});

Deno.test("quoteProgram() refuses what systemd takes in no program's path", () => {
  assertEquals(quoteProgram("/opt/my torcx/%"), '"/opt/my torcx/%%"');
  for (const char of ['"', "'", "\\"]) {
    assertThrows(() => quoteProgram(`/a${char}`), TorcxError, "systemd takes no such path");
  }
});
