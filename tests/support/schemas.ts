/** The JSON Schemas of all kinds, compiled by a validator of its own (ajv), for tests of inputs and outputs. */

import { Ajv2020, type ValidateFunction } from "npm:ajv@8.20.0/dist/2020.js";
import { fromFileUrl } from "@std/path";

/** Where the schemas lie. */
export const SCHEMA_DIR = fromFileUrl(import.meta.resolve("../../lib/manifest/schemas"));

const SUFFIX = ".schema.json";

/** The kinds that have a schema, sorted. */
export const SCHEMA_KINDS: readonly string[] = [...Deno.readDirSync(SCHEMA_DIR)]
  .filter(({ name }) => name.endsWith(SUFFIX)).map(({ name }) => name.slice(0, -SUFFIX.length)).sort();

// Strict mode refuses keywords that it does not know or that cannot have an effect.
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
for (const kind of SCHEMA_KINDS) {
  ajv.addSchema(JSON.parse(Deno.readTextFileSync(`${SCHEMA_DIR}/${kind}${SUFFIX}`)));
}

/** Compiles the schema of a kind. */
export function getValidator(kind: string): ValidateFunction {
  const validate = ajv.getSchema(`urn:torcx:${kind}`);
  if (validate === undefined) throw new Error(`there is no schema of kind ${kind}`);
  return validate;
}

/** Returns what the schema of a document's kind has against it; undefined if it is valid. */
export function findSchemaFaults(document: unknown): string | undefined {
  const validate = getValidator((document as { kind: string }).kind);
  return validate(document) ? undefined : ajv.errorsText(validate.errors);
}
