/** Owns `torcx config show`: every setting, its value and its source, and what follows from them. */

import { encodePath } from "../../../bytes.ts";
import { SETTING_NAMES, SETTING_TABLE } from "../../../config/setting_table.ts";
import { listProfileDirs, listRemoteDirs, listStores, type StorePath } from "../../../config/search_paths.ts";
import { listHints, listMessages, TorcxError } from "../../../errors.ts";
import { encodeSettings, type StoreDetail } from "../../../manifest/outputs/settings.ts";
import type { Root } from "../../../sys/root.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import type { Cell } from "../../output.ts";
import { examineSystem } from "../../system.ts";

/**
 * Shows the settings, and what forbids to work with them.
 *
 * @returns 1 if they cannot be worked with.
 */
export function runConfigShow(options: CommandOptions<"config show">, context: Context): number {
  using system = examineSystem(options, context);
  const { root, settings, fault } = system;
  const { stdout, log } = context;
  const values = SETTING_NAMES.map((name) => ({
    name,
    value: settings[SETTING_TABLE[name].key] ?? null,
    source: settings.sources.get(name)!,
  }));
  const stores = listStores(settings).map((store) => describeStore(root, store));
  const lists = {
    profile_dirs: listProfileDirs(settings).map(({ path }) => path),
    remote_dirs: listRemoteDirs(settings).map(({ path }) => path),
  };
  const errors = fault === undefined ? [] : listMessages(fault);
  for (const message of errors) log.error(message);
  for (const hint of listHints(fault)) log.error(hint);
  if (stdout.format === "json") {
    stdout.writeText(encodeSettings({
      settings: values,
      stores: stores.map(({ path }) => path),
      ...lists,
      store_details: stores,
      errors,
    }));
    return errors.length === 0 ? 0 : 1;
  }
  stdout.writeTable(
    ["SETTING", "VALUE", "SOURCE"],
    values.map(({ name, value, source }) => [name, formatValue(value), source]),
  );
  stdout.writeLine();
  stdout.writeTable(
    ["STORES", "STATE", "SOURCE"],
    stores.map((store) => [store.path, formatState(store), store.source]),
  );
  for (const [title, paths] of Object.entries(lists)) {
    stdout.writeLine();
    stdout.writeTable([title.replace("_", " ").toUpperCase()], paths.map((path) => [path]));
  }
  return errors.length === 0 ? 0 : 1;
}

function describeStore(root: Root, { path, setting, source, isConfigured }: StorePath): StoreDetail {
  const detail = { path, setting: setting ?? null, source, is_configured: isConfigured };
  try {
    return { ...detail, exists: root.findStat(encodePath(path))?.type === "directory", error: null };
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    return { ...detail, exists: null, error: error.message };
  }
}

function formatState({ exists, error, is_configured }: StoreDetail): Cell {
  if (error !== null) return { text: error, style: "red" };
  if (exists === true) return "there";
  return is_configured ? { text: "absent: is it mounted?", style: "red" } : { text: "absent", style: "dim" };
}

type Value = string | boolean | null | string[];

function formatValue(value: Value): string {
  if (value === null || value === "") return "-";
  return Array.isArray(value) ? value.join(":") || "-" : String(value);
}
