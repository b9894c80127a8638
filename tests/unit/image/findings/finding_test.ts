/** Tests findings as they are told and kept, and the table of their codes. */

import { assert, assertEquals } from "@std/assert";
import { encodePath } from "../../../../lib/bytes.ts";
import {
  formatFinding,
  limitOddities,
  type Oddity,
  toFinding,
} from "../../../../lib/image/findings/finding.ts";
import { FINDING_CODES, getFindingRow } from "../../../../lib/image/findings/table.ts";

Deno.test("every code is kebab-case, its text a phrase and its hint a sentence without a full stop", () => {
  assert(FINDING_CODES.length > 20);
  for (const code of FINDING_CODES) {
    assert(/^[a-z]+(?:-[a-z]+)*$/.test(code), code);
    const { text, hint = "Do so", severity } = getFindingRow(code);
    for (const phrase of [text, hint]) assert(/^[A-Z].*[^.]$/.test(phrase), phrase);
    assert(severity === "warning" || code === "unusable-manifest", code);
  }
});

Deno.test("toFinding() names image, path and way out; the hint of a code stands where there is no other", () => {
  const path = encodePath("/bin/a");
  const image = { name: "a", reference: "1" };
  const finding = toFinding({ code: "program-not-executable", path, message: "no" }, image);
  assertEquals(finding, {
    code: "program-not-executable",
    severity: "warning",
    image: "a",
    reference: "1",
    path: "/bin/a",
    message: "no",
    hint: "Pack it with mode 0755",
  });
  assertEquals(formatFinding(finding), 'image "a:1": no (Pack it with mode 0755) [program-not-executable]');
  assertEquals(toFinding({ code: "program-not-executable", message: "no", hint: "Go" }).hint, "Go");
});

Deno.test("formatFinding() names no image of an archive that is none's", () => {
  assertEquals(formatFinding(toFinding({ code: "second-archive", message: "two" })), "two [second-archive]");
});

Deno.test("limitOddities() keeps twenty of a code and counts the others", () => {
  const many = (code: Oddity["code"], count: number): Oddity[] =>
    Array.from({ length: count }, (_, index) => ({ code, message: String(index) }));
  const kept = limitOddities([...many("not-a-file", 20), ...many("missing-program", 22)]);
  assertEquals(kept.length, 41);
  assertEquals(kept.at(-1), {
    code: "more-left-out",
    message: "2 more of code missing-program are not shown",
  });
});
