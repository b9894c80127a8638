/** Holds the permissions of the program and its code together: what it runs, it may run, and nothing else. */

import { assertEquals } from "@std/assert";
import { PERMISSION_FLAGS } from "../../.tasks/permissions.ts";
import { readEnvironment } from "../../lib/config/environment.ts";
import { PROGRAMS } from "../../lib/sys/command.ts";
import { readSources } from "../support/import_graph.ts";

const sources = await readSources();

Deno.test("the program may read the variables that it reads, and no others", () => {
  const flag = PERMISSION_FLAGS.find((flag) => flag.startsWith("--allow-env="));
  const asked: string[] = [];
  readEnvironment((name) => void asked.push(name));
  assertEquals(asked, flag?.replace("--allow-env=", "").split(","));
});

Deno.test("only lib/sys/command.ts runs programs, and none without a path", () => {
  const users = sources.filter(({ code }) => code.includes("Deno.Command")).map(({ path }) => path);
  assertEquals(users, ["lib/sys/command.ts"]);
  assertEquals(Object.values(PROGRAMS).flat().filter((path) => !path.startsWith("/")), []);
});

Deno.test("the program has no access to files or the network but by libc", () => {
  const names = PERMISSION_FLAGS.map((flag) => flag.replace(/=.*/, ""));
  assertEquals(names, ["--no-prompt", "--allow-ffi", "--allow-env", "--allow-run"]);
});
