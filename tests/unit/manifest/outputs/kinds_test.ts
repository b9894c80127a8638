/** Holds the table of output kinds to the schemas, to the verbs and to the files that own the kinds. */

import { assert, assertEquals } from "@std/assert";
import { VERBS } from "../../../../lib/cli/options/verbs.ts";
import { OUTPUT_KINDS } from "../../../../lib/manifest/outputs/kinds.ts";
import { readSources } from "../../../support/import_graph.ts";
import { SCHEMA_DIR, SCHEMA_KINDS } from "../../../support/schemas.ts";

/** The kinds of files. */
const FILE_KINDS = [
  "image-manifest-v0",
  "profile-manifest-v0",
  "profile-manifest-v1",
  "remote-manifest-v0",
  "torcx-config-v0",
  "torcx-journal-v0",
  "torcx-remote-contents-v1",
  "torcx-remote-state-v0",
];
/** The verbs that print text alone. */
const TEXT_VERBS = ["completion", "help", "man", "__complete", "profile check"];

Deno.test("every schema is of a kind in the table of outputs or of a kind of files, and the reverse", () => {
  const kinds = OUTPUT_KINDS.map(({ kind }) => kind);
  assertEquals(new Set(kinds).size, kinds.length);
  assertEquals([...kinds, ...FILE_KINDS].sort(), [...SCHEMA_KINDS]);
  for (const { kind, schema } of OUTPUT_KINDS) {
    assertEquals(JSON.parse(Deno.readTextFileSync(`${SCHEMA_DIR}/${schema}`)).$id, `urn:torcx:${kind}`);
  }
});

Deno.test("every schema's title names the verb that prints it", () => {
  for (const { schema, verb, flag } of OUTPUT_KINDS) {
    const { title } = JSON.parse(Deno.readTextFileSync(`${SCHEMA_DIR}/${schema}`));
    const call = `torcx ${verb}${flag === undefined ? "" : ` ${flag}`}`;
    assert(title === call || title.startsWith(`${call}: `), `${title} is not ${call}`);
  }
});

Deno.test("every verb prints a kind of the table, or text alone", () => {
  const verbs = new Set(OUTPUT_KINDS.map(({ verb }) => verb));
  assertEquals([...verbs, ...TEXT_VERBS].sort(), VERBS.map(({ command }) => command as string).sort());
});

Deno.test("the kinds that verbs print stand in lib/manifest alone, and nobody else encodes JSON", async () => {
  const kinds = OUTPUT_KINDS.map(({ kind }) => `"${kind}"`);
  const wrong: string[] = [];
  for (const { path, code } of await readSources(["lib"])) {
    if (path.startsWith("lib/manifest/")) continue;
    for (const word of [...kinds, "JSON.stringify("]) if (code.includes(word)) wrong.push(`${path}: ${word}`);
  }
  assertEquals(wrong, []);
});
