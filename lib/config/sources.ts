/**
 * Owns the words that say where a setting comes from. It refuses to read any of the places.
 */

import { quote } from "../errors.ts";

/** The source of a setting that nobody sets. */
export const DEFAULT_SOURCE = "default";
/** What stands before the variable's name. */
export const ENVIRONMENT_SOURCE = "environment ";

/** Returns the source of what a config file sets. */
export function formatConfigSource(configPath: string): string {
  return `config file ${quote(configPath)}`;
}
