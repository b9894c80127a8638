/** Holds what is written down of the tables to them: schemas, README, manual, the flags that a variable stands for. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { fillSchema } from "../../.tasks/schema_tables.ts";
import { formatManPage } from "../../lib/cli/docs/man.ts";
import { listPlaces } from "../../lib/cli/docs/setting_text.ts";
import { VERBS, type VerbSpec } from "../../lib/cli/options/verbs.ts";
import { VARIABLE_TABLE, VARIABLES } from "../../lib/config/environment.ts";
import { describeDefault, getSettingRow, SETTING_NAMES } from "../../lib/config/setting_table.ts";
import { SCHEMA_DIR, SCHEMA_KINDS } from "../support/schemas.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

for (const kind of SCHEMA_KINDS) {
  Deno.test(`the schema of ${kind} says what the tables say ("deno task schemas" writes it)`, async () => {
    const schema = JSON.parse(await Deno.readTextFile(join(SCHEMA_DIR, `${kind}.schema.json`)));
    // As text: the order of keys counts too.
    assertEquals(JSON.stringify(schema, null, 2), JSON.stringify(fillSchema(kind, schema), null, 2));
  });
}

Deno.test("README's table of settings says what the table of settings says", async () => {
  const readme = await Deno.readTextFile(join(PROJECT_DIR, "README.md"));
  const lines = readme.slice(readme.indexOf("| setting ")).split("\n\n")[0]!.split("\n").slice(2);
  const cells = lines.map((line) =>
    line.replaceAll("`", "").split("|").slice(1, -1).map((cell) => cell.trim())
  );
  assertEquals(
    cells,
    SETTING_NAMES.map((name) => {
      const row = getSettingRow(name);
      return [name, row.help, describeDefault(row), listPlaces(row).join(", ") || "-"];
    }),
  );
});

Deno.test("the manual has every setting and every variable", () => {
  const page = formatManPage("torcx").replaceAll("\\-", "-");
  for (const term of [...SETTING_NAMES, ...VARIABLES]) assert(page.includes(`\n.TP\n.B ${term}\n`), term);
});

Deno.test("the list of variables has each one once, those of flags too", () => {
  assertEquals([...new Set(VARIABLES)], [...VARIABLES]);
  const ofFlags = VERBS.flatMap((verb: VerbSpec) => verb.flags.flatMap(({ variable }) => variable ?? []));
  assert(ofFlags.length > 0);
  assertEquals(ofFlags.filter((name) => !VARIABLE_TABLE.some((row) => row.name === name)), []);
});
