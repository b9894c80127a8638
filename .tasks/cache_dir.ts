/** Owns where the tasks keep what they fetch: below the user's cache, or beside them where nobody has a home. */

import { join } from "./std/path.ts";

/** Returns the directory; it may not be there yet. */
export function getCacheDir(): string {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") || (home ? join(home, ".cache") : "");
  return cache ? join(cache, "torcx") : new URL("cache", import.meta.url).pathname;
}
