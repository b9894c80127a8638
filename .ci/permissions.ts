/**
 * Owns what the program may do, for the compiled binary and for `deno run` alike. All files are used through
 * libc (FFI), so that Deno's own file access stays off; there is no network.
 */

/**
 * The programs that it may run, by absolute path: Deno looks names up in PATH at start-up, and a process with
 * an empty environment would end there.
 */
export const RUN_PATHS: readonly string[] = [
  "/usr/bin/networkctl",
  "/usr/bin/systemctl",
  "/usr/bin/systemd-sysusers",
  "/usr/bin/systemd-tmpfiles",
  "/usr/bin/udevadm",
  "/usr/sbin/modprobe",
];

/** Permissions of the program, never asked for at a prompt. */
export const PERMISSION_FLAGS: readonly string[] = [
  "--no-prompt",
  // An allow-list would take libc.so.6 for a path in the current directory.
  "--allow-ffi",
  "--allow-env",
  `--allow-run=${RUN_PATHS.join(",")}`,
];

/** Flags of `deno compile`. */
export const COMPILE_FLAGS: readonly string[] = [
  ...PERMISSION_FLAGS,
  // Otherwise a root program would load code from a predictable name below /tmp.
  "--no-code-cache",
];
