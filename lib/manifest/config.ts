/**
 * Owns the kind `torcx-config-v0`, the config file. It refuses to know which keys there are, and to judge values.
 */

import type { GoShape } from "./go_decoder.ts";
import { type GoFile, type OnWarning, readWrittenManifest } from "./go_json.ts";
import type { JsonCursor } from "./json.ts";

/** What is read of a config file. */
export interface ConfigFileOptions {
  /** The keys that it can have, each for a text or for a list of texts. */
  keys: Readonly<Record<string, "text" | "list">>;
  /** Takes what is odd in it. Default: nobody is told. */
  onWarning?: OnWarning;
}

/** What a config file sets, by its keys; what is absent or empty in it is left out. */
export type ConfigFile = Readonly<Record<string, string | string[]>>;

/** The first torcx knew `usr_dir` by name and took no notice of it. */
const UNUSED = { usr_dir: "set TORCX_USR_MOUNTPOINT in the environment" } as const;

/**
 * Parses a config file.
 *
 * @param source the file's path, for messages.
 * @throws {TorcxError} `invalid` if it has another kind or shape.
 */
export function parseConfigFile(
  data: string | Uint8Array<ArrayBuffer>,
  source: string,
  { keys, onWarning = () => {} }: ConfigFileOptions,
): ConfigFile {
  const { value } = readWrittenManifest(data, source, { file: makeFile(keys), onWarning });
  const config: Record<string, string | string[]> = {};
  for (const [key, shape] of Object.entries(keys)) {
    const given = shape === "list" ? readList(value.field(key)) : value.field(key).findString();
    // An empty string sets nothing, as in the first torcx.
    if (given !== undefined && given.length > 0) config[key] = given;
  }
  return config;
}

function makeFile(keys: ConfigFileOptions["keys"]): GoFile<"torcx-config-v0"> {
  const fields: Record<string, GoShape> = { usr_dir: "string" };
  for (const [key, shape] of Object.entries(keys)) {
    fields[key] = shape === "list" ? { items: "string" } : "string";
  }
  return {
    shapes: { "torcx-config-v0": { fields, unused: UNUSED } },
    isValueRaw: false,
    isTailRefused: false,
  };
}

function readList(cursor: JsonCursor): string[] {
  return cursor.items().map((item) => item.asString());
}
