/** Owns what `--strict` says: where it is given, a warning is a failure. */

import { TorcxError } from "../errors.ts";

/**
 * Fails if there is a warning.
 *
 * @param what what cannot be called good.
 * @throws {TorcxError} `failed` naming each warning.
 */
export function checkStrictly(what: string, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  throw new TorcxError("failed", `Cannot call ${what} good: --strict allows no warning`, {
    cause: warnings.length === 1
      ? new TorcxError("failed", warnings[0]!)
      : new AggregateError(warnings, "There are several"),
  });
}
