/** Holds the permissions of the program and its code together: what it runs, it may run, and nothing else. */

import { assertEquals } from "@std/assert";
import { PERMISSION_FLAGS, PROGRAM_DIRECTORIES, PROGRAMS } from "../../.ci/permissions.ts";
import { readSources } from "../support/import_graph.ts";

const code = (await readSources()).map((source) => source.code).join("\n");

Deno.test("the program may run what it runs, and nothing else", () => {
  const names = [...code.matchAll(/\brunProgram\(\s*"([^"]*)"/g)].map(([, name = ""]) => name);
  const calls = code.match(/\brunProgram\((?!\s*name:)/g) ?? [];
  assertEquals(names.length, calls.length, "each call names its program");
  assertEquals([...new Set(names)].sort(), PROGRAMS);
  const [, list = ""] = /const DIRECTORIES = \[([^\]]*)\]/.exec(code) ?? [];
  assertEquals([...list.matchAll(/"([^"]*)"/g)].map(([, dir]) => dir), PROGRAM_DIRECTORIES);
});

Deno.test("the program has no access to files or the network but by libc", () => {
  const names = PERMISSION_FLAGS.map((flag) => flag.replace(/=.*/, ""));
  assertEquals(names, ["--no-prompt", "--allow-ffi", "--allow-env", "--allow-run"]);
});
