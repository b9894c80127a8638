/** Holds that a unit test is where one looks for it: `tests/unit/ROOM/FILE_test.ts` for `lib/ROOM/FILE.ts`. */

import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { join, relative } from "@std/path";
import { listProjectFiles } from "../support/project_files.ts";
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

/** What has logic and came or moved with the rooms: each has its test. */
const TESTED = [
  ...["copy_space", "plan", "policy", "preview", "propagate", "record", "undo"].map((file) =>
    `apply/${file}`
  ),
  ...["assets", "directories", "records", "table", "trees"].map((file) => `apply/operations/${file}`),
  ...["generator", "integrate", "udev_rules"].map((file) => `boot/${file}`),
  ...["prune", "edit", "stores", "profiles"].map((file) => `catalog/${file}`),
  ...["settings_reader", "os_release", "kernel_command_line", "environment"].map((file) => `config/${file}`),
  ...["assets", "complete_files", "extract", "image_format", "inspect", "read_image", "space", "unpack"]
    .map((file) => `image/${file}`),
  ...["writer/metadata", "writer/tree_writer"].map((file) => `image/${file}`),
  ...["drift", "origins", "run_state", "status", "trees"].map((file) => `state/${file}`),
  ...["directory_stat", "file_copy", "lock_file", "locked_directory", "mounts", "resolve", "root"]
    .map((file) => `sys/${file}`),
];

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

Deno.test("what has logic and came or moved with the rooms has its unit test", () => {
  assertEquals(TESTED.filter((name) => !tests.includes(name)), []);
});
