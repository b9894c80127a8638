/** Owns what the kernel tells as text below /proc. It refuses to parse it. */

import { encodePath } from "../bytes.ts";
import { isErrno, TorcxError } from "../errors.ts";
import { Root } from "./root.ts";

/**
 * Returns a file of /proc (proc(5)), undefined if there is none: a plain chroot has no /proc.
 *
 * @throws {TorcxError} if it is there and cannot be read.
 */
export function findProcText(name: string): string | undefined {
  try {
    using proc = Root.open("/proc");
    return new TextDecoder().decode(proc.readFile(encodePath(name)));
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return undefined;
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError(cause.code, `Cannot read "/proc/${name}" of the kernel`, {
      cause,
      hint: "Mount a proc file system at /proc, and let this user read it",
    });
  }
}

/** As {@linkcode findProcText}, undefined also if it cannot be read: for what decides nothing. */
export function guessProcText(name: string): string | undefined {
  try {
    return findProcText(name);
  } catch (error) {
    if (error instanceof TorcxError) return undefined;
    throw error;
  }
}
