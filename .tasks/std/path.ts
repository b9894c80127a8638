/** What this project uses of @std/path, over node:path and node:url. */

export { basename, dirname, isAbsolute, join, normalize, relative, resolve } from "./posix.ts";
export { fileURLToPath as fromFileUrl } from "node:url";
