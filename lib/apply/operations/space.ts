/** Owns the question whether a failure is one of space, whatever stands above it. It calls nothing. */

import { TorcxError } from "../../errors.ts";

/** Returns whether an error or one of its causes is `no_space`. */
export function isSpaceError(error: unknown): boolean {
  for (let item = error; item instanceof Error; item = item.cause) {
    if (item instanceof TorcxError && item.code === "no_space") return true;
  }
  return false;
}
