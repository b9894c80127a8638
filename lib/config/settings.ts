/** Owns the form in which settings go through the program: each value with its source. It reads nothing. */

import type { Paths } from "./paths.ts";
import type { SettingName, SettingValues } from "./setting_table.ts";

export type { Paths } from "./paths.ts";
export type { SettingName } from "./setting_table.ts";

/** The settings: a field for each row of the table, and what follows from them. Paths have no final slash. */
export interface Settings extends SettingValues {
  osRelease: ReadonlyMap<string, string>;
  /** Where each value comes from. */
  sources: ReadonlyMap<SettingName, string>;
  paths: Paths;
  /** What was passed over: it belongs into the report of whoever works with the rest. */
  warnings: readonly string[];
}
