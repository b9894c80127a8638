/** Holds the permissions of the program and its code together: what it runs, it may run, and nothing else. */

import { assertEquals } from "@std/assert";
import { PERMISSION_FLAGS, PROGRAM_DIRECTORIES, PROGRAMS, VARIABLES } from "../../.ci/permissions.ts";
import { readSources } from "../support/import_graph.ts";

const code = (await readSources()).map((source) => source.code).join("\n");

/** Returns the strings of a list in code. */
function listWords(list: string): string[] {
  return [...list.matchAll(/"([^"]*)"/g)].map(([, word = ""]) => word);
}

Deno.test("the program may read the variables that it reads, and no others", () => {
  const [, list = ""] = /const VARIABLES = \[([^\]]*)\]/.exec(code) ?? [];
  assertEquals(listWords(list), [...VARIABLES]);
});

Deno.test("the program may run what it runs, and nothing else", () => {
  // A call names its program itself, or takes it from a step that does.
  const calls = [...code.matchAll(/(?<!function )\brunProgram\(\s*([^,()]+),/g)].map(([, argument = ""]) =>
    argument
  );
  assertEquals(calls.filter((argument) => argument !== "program" && !/^"[\w-]+"$/.test(argument)), []);
  const names = [...code.matchAll(/\b(?:runProgram\(\s*|program: )"([\w-]+)"/g)].map(([, name = ""]) => name);
  assertEquals([...new Set(names)].sort(), [...PROGRAMS]);
  const [, list = ""] = /const DIRECTORIES = \[([^\]]*)\]/.exec(code) ?? [];
  assertEquals(listWords(list), [...PROGRAM_DIRECTORIES]);
});

Deno.test("the program has no access to files or the network but by libc", () => {
  const names = PERMISSION_FLAGS.map((flag) => flag.replace(/=.*/, ""));
  assertEquals(names, ["--no-prompt", "--allow-ffi", "--allow-env", "--allow-run"]);
});
