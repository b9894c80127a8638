/** Holds the rooms of lib/ apart: imports point one way, and what only one place may do stays there. */

import { assert, assertEquals } from "@std/assert";
import {
  type Import,
  listLoadedWith,
  readImports,
  readSources,
  type Source,
} from "../support/import_graph.ts";

/** Each room's neighbours to the right; what those may import, it may too. */
const ARROWS: Record<string, readonly string[]> = {
  "main.ts": ["cli", "boot"],
  cli: ["boot", "apply", "remote", "version"],
  boot: ["apply"],
  apply: ["state", "image"],
  remote: ["catalog"],
  state: ["catalog"],
  image: ["archive", "catalog"],
  catalog: ["config"],
  config: ["manifest", "sys"],
  sys: ["log"],
  manifest: ["log", "suggestions"],
  log: ["errors"],
  archive: ["errors"],
  errors: ["bytes", "exit"],
  bytes: [],
  exit: [],
  suggestions: [],
  version: [],
};

const sources = await readSources();
const imports = (await readImports(sources.map(({ path }) => path)))
  .filter(({ from }) => from === "main.ts" || from.startsWith("lib/"));

/** Returns the room of a file: its directory below lib/, or its name there. */
function getRoom(path: string): string {
  return /^lib\/([a-z_]+)/.exec(path)?.[1] ?? path;
}

/** Returns what a room may import, itself included. */
function listReachable(room: string, seen = new Set<string>()): Set<string> {
  if (!seen.has(room)) {
    seen.add(room);
    for (const next of ARROWS[room] ?? []) listReachable(next, seen);
  }
  return seen;
}

/** Returns the imports that point the wrong way. */
function listWrongArrows(all: readonly Import[]): string[] {
  return all
    .filter(({ to }) => to === "main.ts" || to.startsWith("lib/"))
    .filter(({ from, to }) => !listReachable(getRoom(from)).has(getRoom(to)))
    .map(({ from, to }) => `${from} -> ${to}`);
}

/** Returns where a pattern occurs outside the places that may have it. */
function listUses(all: readonly Source[], pattern: RegExp, allowed: readonly string[]): string[] {
  return all
    .filter(({ path }) => !allowed.includes(path))
    .flatMap(({ path, code }) => (code.match(pattern) ?? []).map((use) => `${path}: ${use}`));
}

Deno.test("imports between rooms point to the right", () => {
  assert(imports.length > 100, "the graph must not be empty");
  assertEquals(listWrongArrows(imports), []);
});

Deno.test("every directory of lib/ is a known room", () => {
  const rooms = new Set(sources.map(({ path }) => getRoom(path)));
  assertEquals([...rooms].filter((room) => !(room in ARROWS)), []);
});

Deno.test("listWrongArrows() tells an arrow to the left", () => {
  const arrow = (from: string, to: string): Import => ({
    from,
    to,
    specifier: to,
    isDynamic: false,
    isType: false,
  });
  const wrong = [
    arrow("lib/archive/tar.ts", "lib/sys/root.ts"),
    arrow("lib/manifest/image.ts", "lib/sys/root.ts"),
    arrow("lib/config/settings.ts", "lib/catalog/stores.ts"),
    arrow("lib/sys/root.ts", "main.ts"),
    arrow("lib/apply/apply.ts", "lib/remote/fetch.ts"),
  ];
  const right = [
    arrow("main.ts", "lib/config/settings.ts"),
    arrow("lib/apply/apply.ts", "lib/sys/root.ts"),
    arrow("lib/sys/root.ts", "lib/bytes.ts"),
  ];
  assertEquals(listWrongArrows([...wrong, ...right]), wrong.map(({ from, to }) => `${from} -> ${to}`));
});

/** Returns the circles of imports, types included: each set of files that all lead to one another. */
function listCircles(all: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of all) next.set(from, [...next.get(from) ?? [], to]);
  const listReached = (file: string): Set<string> => {
    const reached = new Set(next.get(file));
    for (const at of reached) for (const to of next.get(at) ?? []) reached.add(to);
    return reached;
  };
  const reached = new Map([...next.keys()].map((file) => [file, listReached(file)]));
  const circles = [...reached.keys()].filter((file) => reached.get(file)!.has(file))
    .map((file) => [...reached.get(file)!].filter((other) => reached.get(other)?.has(file)).sort().join(" "));
  return [...new Set(circles)].sort().map((circle) => circle.split(" "));
}

Deno.test("no files import each other in a circle", () => {
  assertEquals(listCircles(imports), []);
});

Deno.test("listCircles() tells a circle, long or of one file", () => {
  const pairs = [["a", "b"], ["b", "c"], ["c", "a"], ["c", "d"], ["e", "e"], ["f", "d"]] as const;
  const all = pairs.map(([from, to]) => ({ from, to, specifier: to, isDynamic: false, isType: true }));
  assertEquals(listCircles(all), [["a", "b", "c"], ["e"]]);
});

// What only one place may do: the pattern, and the files that may have it.
const RESERVED: { what: string; pattern: RegExp; allowed: readonly string[] }[] = [
  {
    what: "the process's arguments, environment and exit belong to main.ts",
    pattern: /\b(?:Deno\.(?:exit|exitCode|args|env)|process\.(?:exit(?:Code)?|env|argv0?))\b|"node:process"/g,
    allowed: ["main.ts"],
  },
  { what: "the one dlopen is in lib/sys/libc.ts", pattern: /\bdlopen\b/g, allowed: ["lib/sys/libc.ts"] },
  {
    what: "only the wrappers of system calls import lib/sys/libc.ts",
    pattern: /from "[^"]*\blibc\.ts"/g,
    allowed: ["calls", "call_arguments", "attribute_calls", "mount_calls"].map((name) =>
      `lib/sys/${name}.ts`
    ),
  },
  {
    what: "only main.ts and lib/cli/process.ts print",
    pattern: /\bconsole\.|\bDeno\.(?:stdout|stderr)\b/g,
    allowed: ["main.ts", "lib/cli/process.ts"],
  },
  { what: "nothing prompts", pattern: /\b(?:prompt|alert|confirm)\(/g, allowed: [] },
  { what: "nothing evaluates text as code", pattern: /\beval\(|\bnew Function\b/g, allowed: [] },
];

for (const { what, pattern, allowed } of RESERVED) {
  Deno.test(`sources: ${what}`, () => assertEquals(listUses(sources, pattern, allowed), []));
}

Deno.test("sources: only lib/remote/ uses the network", () => {
  const others = sources.filter(({ path }) => !path.startsWith("lib/remote/"));
  assertEquals(
    listUses(others, /\bfetch\(|\bDeno\.(?:connect|listen|serve)\w*|"node:(?:https?|net|tls)"/g, []),
    [],
  );
});

Deno.test("sources: nobody imports the stand-ins by path", () => {
  assertEquals(imports.filter(({ specifier }) => specifier.includes(".tasks")), []);
});

Deno.test("imports from outside are built-ins or declared packages", () => {
  const outside = imports.filter(({ specifier }) => !specifier.startsWith("."))
    .filter(({ specifier }) => !/^(?:node:|@std\/(?:cli|fs|path|tar)\b)/.test(specifier));
  // One package more, and one file that names it.
  assertEquals(outside.map(({ from, specifier }) => `${from} ${specifier.replace(/@[\d.]+$/, "")}`), [
    "lib/remote/openpgp_package.ts npm:openpgp",
  ]);
});

/** Of packages the generator has single functions of @std/path/posix, which load next to nothing. */
const PATH_FUNCTION = /^(?:\.tasks\/std\/posix\.ts|jsr:\/?@std\/path(?:@[\d.]+)?\/posix\/\w+)$/;

Deno.test("the generator loads no command, no option table, no network and no package but single path functions", () => {
  const loaded = ["main.ts", "lib/boot/generator.ts"].flatMap((file) => [...listLoadedWith(file, imports)]);
  const pattern = /^lib\/(?:cli\/(?:commands|options|docs)|remote)|^\.tasks\/|^jsr:|^npm:/;
  assertEquals(loaded.filter((file) => pattern.test(file) && !PATH_FUNCTION.test(file)), []);
});
