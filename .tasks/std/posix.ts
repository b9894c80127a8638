/** What this project uses of @std/path/posix, over node:path. */

import { posix } from "node:path";

export { isAbsolute, normalize, relative, resolve } from "node:path/posix";

/** Returns the last component of a path; of `/` that is `/` itself. */
export function basename(path: string, suffix?: string): string {
  return /^\/+$/.test(path) ? "/" : posix.basename(path, suffix);
}

/** Returns a path without its last component; of several slashes before that none stays. */
export function dirname(path: string): string {
  return posix.dirname(path).replace(/([^/])\/+$/, "$1").replace(/^\/+$/, "/");
}

/** Joins paths, of which there is at least one, and normalizes them. */
export function join(path: string, ...paths: string[]): string {
  return posix.join(path, ...paths);
}
