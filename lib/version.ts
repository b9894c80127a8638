/** Owns the version of this program, read from deno.json so that it is said in one place only. */

import manifest from "../deno.json" with { type: "json" };

/** The version of torcx. */
export const VERSION: string = manifest.version;
