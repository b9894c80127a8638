/** Holds that what README sends contributors to is there. */

import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { PROJECT_DIR } from "../support/std_flags.ts";

const readme = await Deno.readTextFile(join(PROJECT_DIR, "README.md"));

Deno.test("README names no file of the project that is not there", async () => {
  const paths = new Set(
    [...readme.matchAll(/(?<![\w./])(?:lib|tests|\.tasks|\.ci)\/[a-z_0-9./]*[a-z0-9](?![\w/])/g)].map((
      [path],
    ) => path),
  );
  assert(paths.size > 10);
  const missing: string[] = [];
  for (const path of paths) if (!await exists(join(PROJECT_DIR, path))) missing.push(path);
  assertEquals(missing, []);
});

Deno.test("README's picture has every room", async () => {
  const rooms: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(PROJECT_DIR, "lib"))) {
    if (isDirectory) rooms.push(`lib/${name}/`);
  }
  assertEquals(rooms.filter((room) => !readme.includes(`\n${room} `)), []);
});

Deno.test("README names no task that deno.json has not", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(PROJECT_DIR, "deno.json")));
  const named = [...readme.matchAll(/deno(?:@[\d.]+)? task ([a-z:]+)/g)].map(([, task = ""]) => task);
  assert(named.length > 5);
  assertEquals(named.filter((task) => !(task in tasks)), []);
});
