/**
 * Owns the settings while they are read: each value with its source, what was passed over, and the first fault.
 * It refuses to read a place.
 */

import { quote, TorcxError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { getDefault, getSettingRow, type SettingName, type SettingValue } from "./setting_table.ts";
import { findValueFault, type GivenValue, makeValueError, toSettingValue } from "./setting_values.ts";
import { DEFAULT_SOURCE } from "./sources.ts";

/** Collects settings; a fault stops nothing. */
export class SettingCollector {
  /** Each value by its field. */
  readonly values: Record<string, SettingValue> = {};
  readonly sources: Map<SettingName, string> = new Map();
  readonly warnings: string[] = [];
  /** The first fault. */
  fault: TorcxError | undefined;
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Warns of what is passed over. */
  readonly warn = (message: string): void => {
    this.warnings.push(message);
    this.#log.warning(message);
  };

  /** Returns what is read, or the fallback if it throws a {@linkcode TorcxError}: then that is a fault. */
  attempt<T>(read: () => T, fallback: T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      this.fault ??= error;
      return fallback;
    }
  }

  /** Sets a value as it is; without a source it is the default one. */
  set(name: SettingName, value: SettingValue, source: string = DEFAULT_SOURCE): void {
    this.values[getSettingRow(name).key] = value;
    this.sources.set(name, source);
  }

  /** Sets a setting to what is given for it, or to its default where that is nothing or cannot be used. */
  place(name: SettingName, given: GivenValue | undefined): void {
    const row = getSettingRow(name);
    this.set(name, getDefault(row));
    if (given === undefined) return;
    const fault = findValueFault(row, given.value);
    if (fault === undefined) {
      this.set(name, toSettingValue(row, given.value), given.source);
    } else if (row.isLenient === true) {
      const place = row.variable ?? name;
      this.warn(
        `ignoring ${place}=${quote(fault.text)}: ${fault.reason}; using ${quote(row.fallback ?? "")}`,
      );
    } else {
      this.fault ??= makeValueError(name, fault, given.source);
      // Of a directory the default one is used; of all else there is nothing, and the source says by whom.
      if (row.type !== "directory") this.sources.set(name, given.source);
    }
  }
}
