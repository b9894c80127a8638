/** Owns the output kind `torcx-settings-v0`: every setting, its value and its source, and what follows. */

import { encodeJson } from "../json.ts";

/** The kind of what `torcx config show` prints. */
export const SETTINGS_KIND = "torcx-settings-v0";

/** What `torcx config show` tells. */
export interface SettingsOutput {
  settings: { name: string; value: string | boolean | null | readonly string[]; source: string }[];
  stores: string[];
  profile_dirs: string[];
  remote_dirs: string[];
  store_details: StoreDetail[];
  /** What forbids to work with the settings, outermost first. */
  errors: string[];
}

/** A store and whether it is there. */
export interface StoreDetail {
  path: string;
  source: string;
  /** The setting that it follows from; null: its place is fixed. */
  setting: string | null;
  is_configured: boolean;
  /** Null if that cannot be told. */
  exists: boolean | null;
  /** Why it cannot be told. */
  error: string | null;
}

/** Returns the settings as JSON. */
export function encodeSettings(value: SettingsOutput): string {
  return encodeJson({ kind: SETTINGS_KIND, value });
}
