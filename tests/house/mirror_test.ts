/** Holds that a unit test is where one looks for it: `tests/unit/ROOM/FILE_test.ts` for `lib/ROOM/FILE.ts`. */

import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { join, relative } from "@std/path";
import { listProjectFiles } from "../support/project_files.ts";
import { COVERED } from "./covered.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

/** Tests of what several files of a room do together, with what that is. */
const THEMES: Record<string, string> = {
  "archive/corpus_borders": "the corpus, cut anywhere",
  "archive/corpus": "the corpus, each archive's outcome",
  "archive/tar_fields": "every numeric field in every type of entry",
  "archive/tar_kinds": "every type of entry",
  "image/depth": "trees and links as deep as can be",
  "image/differential": "generated trees against their packers",
  "image/program_links": "generated symlinks of programs, as the host follows them",
  "image/real_archives": "archives that registries serve",
  "manifest/kinds": "what every kind takes and refuses",
  "manifest/schemas": "every schema against its kind",
};

/** The files below tests/unit/, as the files of lib/ that they are named after. */
const tests: string[] = [];
for await (const path of listProjectFiles(["tests/unit"], "_test.ts")) {
  tests.push(relative(join(PROJECT_DIR, "tests/unit"), path).replace(/_test\.ts$/, ""));
}

Deno.test("every unit test mirrors a file of lib/, or is of a theme that is listed", async () => {
  assert(tests.length > 50);
  const others: string[] = [];
  for (const name of tests) if (!await exists(join(PROJECT_DIR, "lib", `${name}.ts`))) others.push(name);
  assertEquals(others.sort(), Object.keys(THEMES).sort());
});

/** What has behaviour: a function or a class that others use. */
const LOGIC = /^export (?:async )?function|^export (?:abstract )?class/m;

/** The files of lib/, and those of them with logic that have no test of their name. */
const files: string[] = [];
const untested: string[] = [];
for await (const path of listProjectFiles(["lib"], ".ts")) {
  const name = relative(join(PROJECT_DIR, "lib"), path).replace(/\.ts$/, "");
  files.push(name);
  if (!tests.includes(name) && LOGIC.test(await Deno.readTextFile(path))) untested.push(name);
}

/** Returns whether a row of the table means a file. */
function means(pattern: string, name: string): boolean {
  const directory = pattern.slice(0, pattern.lastIndexOf("/") + 1);
  if (!pattern.endsWith("*")) return pattern === name;
  return name.startsWith(pattern.slice(0, -1)) && !name.slice(directory.length).includes("/");
}

Deno.test("each file of lib/ with logic has its unit test, or is in the table of those that others cover", () => {
  const patterns = COVERED.flatMap(({ files }) => files);
  const open = untested.filter((name) => !patterns.some((pattern) => means(pattern, name)));
  assertEquals(
    open,
    [],
    "write tests/unit/ROOM/FILE_test.ts, or say in tests/house/covered.ts what covers it",
  );
  assertEquals(patterns.filter((pattern) => !files.some((name) => means(pattern, name))), [], "what is gone");
});

Deno.test("each test that is named in the table is there", async () => {
  const named = COVERED.flatMap(({ tests }) => tests);
  const gone: string[] = [];
  for (const path of named) if (!await exists(join(PROJECT_DIR, "tests", path))) gone.push(path);
  assertEquals(gone, []);
});
