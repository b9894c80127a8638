/**
 * Owns giving permissions up: whatever takes over the process later has no more than its task needs. None
 * comes back. It refuses to know tasks.
 */

import { type ProgramName, PROGRAMS } from "./programs.ts";

/** What a task needs of the process's permissions. */
export interface KeptPermissions {
  /** Whether it uses the network. Default false. */
  isNetKept?: boolean;
  /** The programs that it may run. Default none. */
  programs?: "all" | readonly ProgramName[];
}

/** Gives up what is not kept. */
export function keepPermissions({ isNetKept = false, programs = [] }: KeptPermissions): void {
  if (!isNetKept) Deno.permissions.revokeSync({ name: "net" });
  if (programs === "all") return;
  if (programs.length === 0) {
    Deno.permissions.revokeSync({ name: "run" });
    return;
  }
  const names = Object.keys(PROGRAMS) as ProgramName[];
  for (const command of names.filter((name) => !programs.includes(name)).flatMap((name) => PROGRAMS[name])) {
    Deno.permissions.revokeSync({ name: "run", command });
  }
}
