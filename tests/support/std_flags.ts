/**
 * Owns the flags that a child `deno run` or `deno info` needs to load the @std packages from where this
 * very test process has them (JSR, or the stand-ins of the launcher).
 */

import { fromFileUrl } from "@std/path";

const STANDS_IN = import.meta.resolve("@std/path").startsWith("file:");

/** The repository's top directory. */
export const PROJECT_DIR = fromFileUrl(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** Flags that go behind the subcommand. */
export const STD_FLAGS: readonly string[] = [
  // This process has checked the packages; a child that sees fewer of them would shorten the lock.
  "--no-lock",
  ...(STANDS_IN ? [`--import-map=${PROJECT_DIR}/.tasks/std/import_map.json`] : []),
];
