/** A small system with something to remove, for the tests of promise 03. */

import { withRoot } from "./e2e_system.ts";
import { makeProfile } from "./nodes.ts";

/** The user store. */
export const STORE = "var/lib/torcx/store";
/** The verbs that remove. */
export const PRUNE = ["image", "prune"];
export const CLEAR = ["image", "clear-versioned"];

/** Registers a test of promise 03. */
export function test(name: string, run: () => Promise<void>): void {
  Deno.test(`promise 03: ${name}`, run);
}

/** Runs a test on a small system with something to remove. */
export async function withSystem(use: (root: string) => Promise<void>): Promise<void> {
  await withRoot(
    {
      "usr/lib/os-release": "ID=test\nVERSION_ID=1.2.3\n",
      "etc/torcx/profiles/edge.json": makeProfile("a:1"),
      [`${STORE}/1.2.1/a:1.torcx.tgz`]: "old",
      [`${STORE}/1.2.2/a:1.torcx.tgz`]: "previous",
      [`${STORE}/1.2.3/a:1.torcx.tgz`]: "running",
      [`${STORE}/z:1.torcx.tgz`]: "unused",
    },
    use,
  );
}

/** Returns whether there is something of this path. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
