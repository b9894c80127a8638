/** Holds that what lib/ exports is imported by somebody: the rest is dead, or only for tests and says why. */

import { assertEquals } from "@std/assert";
import { readImports, readSources, type Source } from "../support/import_graph.ts";

/** What tests alone import, with the reason. */
const FOR_TESTS: Record<string, string> = {
  "lib/apply/preview.ts PROCESS_BYTES": "what plan promises of memory is measured against it",
  "lib/cli/docs/setting_text.ts listPlaces": "the texts are held against the table by it",
  "lib/image/assets.ts listAssets": "what entries mean is tested without a manifest's file",
  "lib/image/assets.ts readImageManifest": "what stands in a manifest's way is tested without assets",
  "lib/manifest/digest.ts DIGEST_BYTES": "the accepted hash functions, which the tests go through",
  "lib/manifest/json.ts parseJson": "it is the reader below every strict kind, tested by itself",
  "lib/remote/network_error.ts parseRetryAfter": "a server's date against the clock",
  "lib/sys/flags.ts ARCHITECTURES": "a process sees the numbers of one architecture alone",
};

interface Export {
  path: string;
  name: string;
  isType: boolean;
}

const DECLARATION =
  /^export (?:abstract )?(?:async )?(function\*?|class|interface|type|const|let|enum) (\w+)/gm;
const LIST = /^export (type )?\{([^}]*)\}(?: from "[^"]*")?;/gm;

/** Returns what a file exports by name. */
function listExports({ path, code }: Source): Export[] {
  const declared = [...code.matchAll(DECLARATION)].map(([, what = "", name = ""]) => ({
    path,
    name,
    isType: what === "interface" || what === "type",
  }));
  const listed = [...code.matchAll(LIST)].flatMap(([, type, names = ""]) =>
    names.split(",").map((word) => word.trim()).filter((word) => word !== "").map((word) => ({
      path,
      name: word.replace(/^type /, "").replace(/.* as /, ""),
      isType: type !== undefined || word.startsWith("type "),
    }))
  );
  return [...declared, ...listed];
}

/** How often a word occurs in code. */
function countWord(code: string, word: string): number {
  return code.match(new RegExp(`\\b${word}\\b`, "g"))?.length ?? 0;
}

/**
 * Returns the exports that none of some files imports. A type may also be there for the signature of another
 * export of its file, which names it.
 */
function listUnused(
  sources: readonly Source[],
  importers: ReadonlyMap<string, ReadonlySet<string>>,
  isCounted: (importer: string) => boolean,
): string[] {
  const codes = new Map(sources.map(({ path, code }) => [path, code]));
  return sources.filter(({ path }) => path.startsWith("lib/")).flatMap(listExports)
    .filter(({ path, name, isType }) => {
      if (isType && countWord(codes.get(path)!, name) > 1) return false;
      return ![...importers.get(path) ?? []].some((importer) =>
        isCounted(importer) && countWord(codes.get(importer) ?? "", name) > 0
      );
    })
    .map(({ path, name }) => `${path} ${name}`).sort();
}

const sources = await readSources(["main.ts", "lib", "tests", ".tasks"]);
const importers = new Map<string, Set<string>>();
const imports = await readImports(sources.map(({ path }) => path));
for (const { from, to } of imports) importers.set(to, (importers.get(to) ?? new Set()).add(from));
// What `export *` passes on is imported through the file that does.
for (const { path, code } of sources) {
  for (
    const { to } of imports.filter(({ from, specifier }) =>
      from === path && code.includes(`export * from "${specifier}"`)
    )
  ) {
    for (const importer of importers.get(path) ?? []) importers.get(to)!.add(importer);
  }
}

Deno.test("every export of lib/ is imported by the program, the tasks, or with a reason by tests", () => {
  const unused = listUnused(sources, importers, (importer) => !importer.startsWith("tests/"));
  assertEquals(unused, Object.keys(FOR_TESTS));
});

Deno.test("what is exported for tests is imported by them", () => {
  const unused = listUnused(sources, importers, () => true);
  assertEquals(unused, []);
});

Deno.test("listUnused() tells values and types that nobody imports", () => {
  const made: Source[] = [
    {
      path: "lib/a.ts",
      code: "export const used = 1;\nexport function dead(): void {}\nexport type Dead = 1;\n",
    },
    {
      path: "lib/b.ts",
      code: "export interface Options {}\nexport function run(options: Options): void {}\n",
    },
    { path: "main.ts", code: 'import { used } from "./lib/a.ts"; import { run } from "./lib/b.ts";' },
  ];
  const all = new Map([["lib/a.ts", new Set(["main.ts"])], ["lib/b.ts", new Set(["main.ts"])]]);
  assertEquals(listUnused(made, all, () => true), ["lib/a.ts Dead", "lib/a.ts dead"]);
});
