/**
 * Owns the kind `torcx-config-v0`, the config file. It refuses to judge the values: they are validated
 * together with those of the other sources.
 */

import { type GoFile, type OnWarning, readWrittenManifest } from "./go_json.ts";
import type { JsonCursor } from "./json.ts";

/** The first torcx knew `usr_dir` by name and took no notice of it. */
const CONFIG_FILE: GoFile<"torcx-config-v0"> = {
  shapes: {
    "torcx-config-v0": {
      fields: {
        base_dir: "string",
        run_dir: "string",
        usr_dir: "string",
        conf_dir: "string",
        store_paths: { items: "string" },
        unpack_size: "string",
        unpack_inodes: "string",
      },
      unused: { usr_dir: "set TORCX_USR_MOUNTPOINT in the environment" },
    },
  },
  isValueRaw: false,
  isTailRefused: false,
};

/** What a config file sets; what is absent or empty in it is undefined. */
export interface ConfigFile {
  baseDir?: string;
  runDir?: string;
  confDir?: string;
  storePaths?: string[];
  unpackSize?: string;
  unpackInodes?: string;
}

/**
 * Parses a config file.
 *
 * @param source the file's path, for messages.
 * @throws {TorcxError} `invalid` if it has another kind or shape.
 */
export function parseConfigFile(
  data: string | Uint8Array<ArrayBuffer>,
  source: string,
  onWarning: OnWarning = () => {},
): ConfigFile {
  const { value } = readWrittenManifest(data, source, CONFIG_FILE, onWarning);
  const config: ConfigFile = {};
  const baseDir = findText(value.field("base_dir"));
  if (baseDir !== undefined) config.baseDir = baseDir;
  const runDir = findText(value.field("run_dir"));
  if (runDir !== undefined) config.runDir = runDir;
  const confDir = findText(value.field("conf_dir"));
  if (confDir !== undefined) config.confDir = confDir;
  const storePaths = value.field("store_paths").items().map((item) => item.asString());
  if (storePaths.length > 0) config.storePaths = storePaths;
  const unpackSize = findText(value.field("unpack_size"));
  if (unpackSize !== undefined) config.unpackSize = unpackSize;
  const unpackInodes = findText(value.field("unpack_inodes"));
  if (unpackInodes !== undefined) config.unpackInodes = unpackInodes;
  return config;
}

/** An empty string sets nothing, as in the first torcx. */
function findText(cursor: JsonCursor): string | undefined {
  return cursor.findString() || undefined;
}
