/** Owns the output kind `torcx-version-v0`: the versions of torcx and of what it is built with. */

import { encodeJson } from "../json.ts";

/** The kind of what `torcx version` prints. */
export const VERSION_KIND = "torcx-version-v0";

/** What `torcx version` tells. */
export interface VersionOutput {
  /** torcx's own. */
  version: string;
  deno: string;
  v8: string;
  typescript: string;
  /** Operating system and machine, e.g. `x86_64-unknown-linux-gnu`. */
  target: string;
  /** Where the @std packages in it come from. */
  std: "jsr" | "stand-ins";
}

/** Returns the versions as JSON. */
export function encodeVersion(value: VersionOutput): string {
  return encodeJson({ kind: VERSION_KIND, value });
}
