/**
 * Owns what the program may do, for the compiled binary and for `deno run` alike. All files are used through
 * libc (FFI), so that Deno's own file access stays off. What a command does not need it gives up first: the
 * network by all but those that ask remotes.
 */

import { VARIABLES } from "../lib/config/environment.ts";
import { PROGRAMS } from "../lib/sys/programs.ts";

/** Permissions of the program, never asked for at a prompt. */
export const PERMISSION_FLAGS: readonly string[] = [
  "--no-prompt",
  // An allow-list would take libc.so.6 for a path in the current directory.
  "--allow-ffi",
  "--allow-net",
  `--allow-env=${VARIABLES.join(",")}`,
  // Absolute paths: Deno looks names up in PATH at start-up, and a process without one would end there.
  `--allow-run=${Object.values(PROGRAMS).flat().join(",")}`,
];

/** Flags of `deno compile`. */
export const COMPILE_FLAGS: readonly string[] = [
  ...PERMISSION_FLAGS,
  // Otherwise a root program would load code from a predictable name below /tmp.
  "--no-code-cache",
  // Short-lived objects are collected before they take megabytes: 2 MB less on archives of many files.
  "--v8-flags=--max-semi-space-size=1",
];
