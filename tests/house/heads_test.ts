/** Holds the head comment of each file of lib/: it says what the file owns, and never who calls it. */

import { assert, assertEquals } from "@std/assert";
import { relative } from "@std/path";
import { listProjectFiles } from "../support/project_files.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

/** What names a caller: such words are false as soon as somebody else calls. */
const CALLERS =
  /\b[Cc]allers?:|\b(?:is|are) its callers?\b|, its caller\b|\b(?:calls?|imports?) (?:it|this file)\b/;

/** More than this in one file takes a reason. */
const LINES_MAX = 300;

/** Each file of lib/ with the text of its head comment, on one line; undefined if it begins otherwise. */
const heads = new Map<string, string | undefined>();
for await (const path of listProjectFiles(["main.ts", "lib"], ".ts")) {
  const head = /^\/\*\*([\s\S]*?)\*\//.exec(await Deno.readTextFile(path))?.[1];
  heads.set(relative(PROJECT_DIR, path), head?.replace(/\s*\n \*\s*/g, " ").trim());
}

/** Returns the files whose head is not as it should be. */
function listFaults(isFault: (head: string) => boolean): string[] {
  return [...heads].filter(([, head]) => isFault(head ?? "")).map(([path, head]) => `${path}: ${head}`)
    .sort();
}

Deno.test("heads: every file of lib/ begins with what it owns", () => {
  assert(heads.size > 100, "the sources must be found");
  assertEquals(listFaults((head) => !head.startsWith("Owns ")), []);
});

Deno.test("heads: none names who calls the file", () => {
  assertEquals(listFaults((head) => CALLERS.test(head)), []);
});

Deno.test("heads: a file of over 300 lines says why", async () => {
  for (const [path, head = ""] of heads) {
    const lines = (await Deno.readTextFile(`${PROJECT_DIR}/${path}`)).trimEnd().split("\n").length;
    const hasReason = /\bIt has over 300 lines as \w+ \w+/.test(head);
    assert(hasReason || lines <= LINES_MAX, `${path}: ${lines} lines`);
  }
});

Deno.test("heads: a caller's name is told", () => {
  const wrong = [
    "Owns a. Callers: apply.",
    "Owns a. `b.ts` is its caller.",
    "Owns a; `b.ts` calls it.",
    "Owns a. Everybody imports it.",
  ];
  assertEquals(wrong.filter((head) => !CALLERS.test(head)), []);
});
