/** Owns `torcx config show`: every setting, its value and its source, and what follows from them. */

import { SETTING_NAMES, type SettingName, type Settings } from "../../config/settings.ts";
import { listProfileDirs, listRemoteDirs, listStorePaths } from "../../config/stores.ts";
import type { Context } from "../context.ts";
import type { CommandOptions } from "../options.ts";
import { openSystem } from "../system.ts";

/** The kind of the JSON form. */
const SETTINGS_KIND = "torcx-settings-v0";

/** Shows the settings. */
export function runConfigShow(options: CommandOptions<"config show">, context: Context): number {
  using system = openSystem(options, context);
  const { settings } = system;
  const { stdout } = context;
  const values = SETTING_NAMES.map((name) => ({
    name,
    value: getValue(settings, name),
    source: settings.sources.get(name)!,
  }));
  const lists = {
    stores: listStorePaths(settings),
    profile_dirs: listProfileDirs(settings).map(({ path }) => path),
    remote_dirs: listRemoteDirs(settings).map(({ path }) => path),
  };
  if (stdout.format === "json") {
    stdout.writeJson({ kind: SETTINGS_KIND, value: { settings: values, ...lists } });
    return 0;
  }
  stdout.writeTable(
    ["SETTING", "VALUE", "SOURCE"],
    values.map(({ name, value, source }) => [name, formatValue(value), source]),
  );
  for (const [title, paths] of Object.entries(lists)) {
    stdout.writeLine();
    stdout.writeTable([title.replace("_", " ").toUpperCase()], paths.map((path) => [path]));
  }
  return 0;
}

type Value = string | boolean | null | string[];

function formatValue(value: Value): string {
  if (value === null || value === "") return "-";
  return Array.isArray(value) ? value.join(":") || "-" : String(value);
}

function getValue(settings: Settings, name: SettingName): Value {
  switch (name) {
    case "config_file":
      return settings.configPath;
    case "base_dir":
      return settings.baseDir;
    case "run_dir":
      return settings.runDir;
    case "conf_dir":
      return settings.confDir;
    case "usr_mountpoint":
      return settings.usrDir;
    case "store_paths":
      return settings.storePaths;
    case "extra_store_paths":
      return settings.extraStorePaths;
    case "unpack_size":
      return settings.unpackSize ?? null;
    case "version_id":
      return settings.versionId ?? null;
    case "boot":
      return settings.boot.isEnabled;
    case "boot_profile":
      return settings.boot.profileText ?? null;
    default:
      return name satisfies never;
  }
}
