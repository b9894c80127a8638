/** Owns `deno task schemas`: writes what the program's tables say into the JSON schemas of lib/manifest. */

import { fillSchema } from "./schema_tables.ts";

const DIR = new URL("../lib/manifest/schemas/", import.meta.url);
const SUFFIX = ".schema.json";

for (const { name } of Deno.readDirSync(DIR)) {
  if (!name.endsWith(SUFFIX)) continue;
  const path = new URL(name, DIR);
  const old = Deno.readTextFileSync(path);
  const text = `${JSON.stringify(fillSchema(name.slice(0, -SUFFIX.length), JSON.parse(old)), null, 2)}\n`;
  if (text !== old) Deno.writeTextFileSync(path, text);
}
