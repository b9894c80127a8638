/** Owns what the kernel tells as text below /proc. It refuses to parse it. */

import { encodePath } from "../bytes.ts";
import { TorcxError } from "../errors.ts";
import { Root } from "./root.ts";

/** Returns a file of /proc (proc(5)), undefined if it cannot be read: a plain chroot has no /proc. */
export function findProcText(name: string): string | undefined {
  try {
    using proc = Root.open("/proc");
    return new TextDecoder().decode(proc.readFile(encodePath(name)));
  } catch (error) {
    if (error instanceof TorcxError) return undefined;
    throw error;
  }
}
