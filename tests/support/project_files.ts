/** Owns the list of the project's own files, for tests that read the sources. */

import { walk } from "@std/fs";
import { join } from "@std/path";
import { PROJECT_DIR } from "./std_flags.ts";

/**
 * Yields the paths of files and of what is below directories, each named relative to the project's top.
 *
 * @param ext only files with this suffix, e.g. `.ts`.
 */
export async function* listProjectFiles(places: readonly string[], ext = ""): AsyncIterableIterator<string> {
  for (const place of places) {
    const path = join(PROJECT_DIR, place);
    // walk() takes directories alone.
    if ((await Deno.stat(path)).isFile) {
      if (path.endsWith(ext)) yield path;
    } else {
      for await (const entry of walk(path, { includeDirs: false })) {
        if (entry.path.endsWith(ext)) yield entry.path;
      }
    }
  }
}
