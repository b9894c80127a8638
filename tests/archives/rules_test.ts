/**
 * Tests every rule of 03-archives.md, "Reading" and "Writing", by archives made here: each accepted one becomes its
 * tree, each refused one leaves nothing, with openat2 and with the walk, whole and byte by byte. The page is not
 * needed; where it is at hand, it must have no rule beyond these.
 */

import { assert, assertEquals } from "@std/assert";
import { testWith } from "../support/needs.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";
import { ELSEWHERE } from "./elsewhere.ts";
import { RULES as GZIP } from "./reading_gzip.ts";
import { RULES as HEADERS } from "./reading_headers.ts";
import { RULES as PAX } from "./reading_pax.ts";
import { RULES as SPARSE } from "./reading_sparse.ts";
import { RULES as TYPES } from "./reading_types.ts";
import { checkAccepted, checkAcceptedByBytes, checkRefused, checkRefusedByBytes } from "./run.ts";
import { RULES as ENTRIES } from "./writing_entries.ts";
import { RULES as METADATA } from "./writing_metadata.ts";
import { RULES as NAMES } from "./writing_names.ts";

const PAGE = `${PROJECT_DIR}/../shared/spec/03-archives.md`;
const READING = [...GZIP, ...HEADERS, ...PAX, ...SPARSE, ...TYPES];
const WRITING = [...NAMES, ...ENTRIES, ...METADATA];
const RULES = [...READING, ...WRITING];

/** The rule in a test's name. */
const shorten = (says: string): string => says.length > 60 ? `${says.slice(0, 58).trimEnd()} …` : says;

for (const { says, accepts, refuses } of RULES) {
  const rule = shorten(says);
  for (const [what, item] of Object.entries(accepts)) {
    const needs = { isRoot: item.takesRoot ?? false };
    for (const resolver of ["openat2", "walk"] as const) {
      testWith(`"${rule}" accepts ${what} (${resolver})`, needs, () => checkAccepted(item, resolver));
    }
    testWith(`"${rule}" accepts ${what} (byte by byte)`, needs, () => checkAcceptedByBytes(item));
  }
  if (typeof refuses === "string") continue;
  for (const [what, item] of Object.entries(refuses)) {
    for (const resolver of ["openat2", "walk"] as const) {
      Deno.test(`"${rule}" refuses ${what} (${resolver})`, () => checkRefused(item, resolver));
    }
    Deno.test(`"${rule}" refuses ${what} (byte by byte)`, () => checkRefusedByBytes(item));
  }
}

Deno.test("each rule has archives of either outcome, or says why it refuses none", () => {
  for (const { says, accepts, refuses } of RULES) {
    assert(Object.keys(accepts).length > 0, says);
    assert(typeof refuses === "string" || Object.keys(refuses).length > 0, says);
  }
  assertEquals(new Set(RULES.map(({ says }) => says)).size, RULES.length, "no rule stands twice");
});

testWith("03-archives.md has no rule beyond those that are tested here or in the file that is named", {
  files: [PAGE],
}, async () => {
  const page = (await Deno.readTextFile(PAGE)).replace(/^## .*$/gm, "").replace(/\s+/g, " ");
  const [, rules = ""] = page.split("3.6.2, `first` the first torcx (Go).");
  let left = rules;
  const missing: string[] = [];
  for (const says of [...RULES.map((rule) => rule.says), ...Object.keys(ELSEWHERE)]) {
    if (!left.includes(says)) missing.push(says);
    left = left.replace(says, "\n");
  }
  assertEquals(missing, [], "what the page does not say any more");
  const more = left.split("\n").map((text) => text.replace(/^[-\s]+|[-\s]+$/g, "")).filter((text) =>
    text !== ""
  );
  assertEquals(more, [], "what the page says beyond");
});

Deno.test("each test file that stands for a rule is there", async () => {
  for (const files of Object.values(ELSEWHERE)) {
    for (const file of files) assert((await Deno.stat(`${PROJECT_DIR}/${file}`)).isFile, file);
  }
});
