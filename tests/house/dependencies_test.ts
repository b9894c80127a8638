/** Holds what is said of the dependencies together: imports, stand-ins, README, deno.json, locks, Deno's version. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readSources } from "../support/import_graph.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

const readText = (path: string) => Deno.readTextFile(join(PROJECT_DIR, path));
const readme = await readText("README.md");
const config = JSON.parse(await readText("deno.json"));
const importMap: Record<string, string> = JSON.parse(await readText(".tasks/std/import_map.json")).imports;

/** The names that README's table lists for each package. */
const table = new Map(
  [...readme.matchAll(/^\| `(@std\/\w+)` +\| (.*?) +\|/gm)]
    .map(([, name = "", uses = ""]) => [name, uses.split(", ").map((use) => use.replaceAll("`", "")).sort()]),
);

/** The names that the sources import from each package. */
async function listImportedNames(): Promise<Map<string, string[]>> {
  const names = new Map<string, Set<string>>();
  for (const { code } of await readSources(["main.ts", "lib", "tests"])) {
    for (const [, list = "", name = ""] of code.matchAll(/\{([^{}]*)\}\s*from "(@std\/\w+)[^"]*"/g)) {
      const used = names.get(name) ?? new Set();
      for (const word of list.split(",")) {
        const imported = word.trim().replace(/^type /, "").replace(/ as .*/, "");
        if (imported !== "") used.add(imported);
      }
      names.set(name, used);
    }
  }
  return new Map([...names].map(([name, used]) => [name, [...used].sort()]));
}

/** The stand-ins of a package, e.g. `parse_args.ts` and `unicode_width.ts` of `@std/cli`. */
function listStandIns(name: string): string[] {
  return Object.entries(importMap).filter(([key]) => key === name || key.startsWith(`${name}/`))
    .map(([, file]) => file.replace("./", ""));
}

/** The names that a package's stand-ins export, and those of them that are no types. */
async function listExportedNames(name: string): Promise<{ all: string[]; values: string[] }> {
  const all: string[] = [];
  const values: string[] = [];
  for (const file of listStandIns(name)) {
    const code = await readText(join(".tasks/std", file));
    const declarations = code.matchAll(/^export (?:async )?(function\*?|class|interface|type|const) (\w+)/gm);
    for (const [, what = "", exported = ""] of declarations) {
      all.push(exported);
      if (what !== "interface" && what !== "type") values.push(exported);
    }
    for (const [, list = ""] of code.matchAll(/^export \{([^}]*)\}/gm)) {
      const renamed = list.split(",").map((word) => word.trim().replace(/.* as /, ""));
      all.push(...renamed);
      values.push(...renamed);
    }
  }
  return { all, values: [...new Set(values)] };
}

/** The names that the tasks import from a package's stand-ins, where no import map is. */
async function listTaskNames(name: string): Promise<string[]> {
  const names: string[] = [];
  for (const { code } of await readSources([".tasks"])) {
    for (const [, list = "", file = ""] of code.matchAll(/\{([^{}]*)\}\s*from "\.(?:\/std)?\/(\w+\.ts)"/g)) {
      if (listStandIns(name).includes(file)) names.push(...list.split(",").map((word) => word.trim()));
    }
  }
  return names;
}

Deno.test("README's table lists exactly the @std functions in use", async () => {
  assertEquals(
    Object.fromEntries([...table].sort()),
    Object.fromEntries([...await listImportedNames()].sort()),
  );
});

Deno.test("the stand-ins export what is in use, and nothing else", async () => {
  for (const [name, uses] of table) {
    const { all, values } = await listExportedNames(name);
    assertEquals(uses.filter((use) => !all.includes(use)), [], `${name}: missing`);
    const isUsed = new Set([...uses, ...await listTaskNames(name)]);
    assertEquals(values.filter((value) => !isUsed.has(value)), [], `${name}: in nobody's use`);
  }
});

Deno.test("deno.json declares exactly the packages that have stand-ins", () => {
  const packages = new Set(Object.keys(importMap).map((name) => name.split("/").slice(0, 2).join("/")));
  assertEquals(Object.keys(config.imports).sort(), [...packages].sort());
});

Deno.test("deno.lock pins each package of deno.json, and is the tasks' lock without npm packages", async () => {
  const lock = JSON.parse(await readText("deno.lock"));
  const tasksLock = JSON.parse(await readText(".tasks/deno.lock"));
  for (const specifier of Object.values<string>(config.imports)) {
    assert(specifier.slice("jsr:".length) in lock.jsr, `${specifier} is not pinned`);
  }
  delete tasksLock.npm;
  const specifiers: [string, unknown][] = Object.entries(tasksLock.specifiers);
  tasksLock.specifiers = Object.fromEntries(specifiers.filter(([name]) => name.startsWith("jsr:")));
  assertEquals(lock, tasksLock);
});

Deno.test("README has the Deno version that is pinned", async () => {
  const version = (await readText(".tasks/deno_version")).trim();
  for (const task of ["demo", "test"]) assertStringIncludes(readme, `npx -y deno@${version} task ${task}`);
  assertEquals([...readme.matchAll(/deno@([\d.]+)/g)].filter(([, said]) => said !== version), []);
});
