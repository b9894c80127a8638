/**
 * Owns who writes into a store: one population at a time, which may then take away what others left half
 * done. It refuses to judge archives.
 */

import { join } from "@std/path/posix/join";
import { decodePath, encodePath } from "../bytes.ts";
import { quote, TorcxError } from "../errors.ts";
import { findEntries } from "../catalog/regular_files.ts";
import type { System } from "../config/system.ts";
import { isTemporaryName } from "../sys/atomic_file.ts";
import { acquireLock } from "../sys/lock_file.ts";
import { isStagedName } from "./download.ts";
import { sleep } from "./retry.ts";

const LOCK = ".torcx-populate.lock";
/** Milliseconds between two looks at a lock that is held. */
const POLL_INTERVAL = 200;

/** Options of {@linkcode lockStore}. */
export interface LockStoreOptions {
  /** Fails at once if somebody else is at work there. Default false. */
  isWaitRefused?: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Takes the lock of a store, whose directory must be there. Disposing it lets it go.
 *
 * @throws {TorcxError} `busy` if somebody else holds it and waiting is refused.
 */
export async function lockStore(
  { root, log }: Pick<System, "root" | "log">,
  store: string,
  { isWaitRefused = false, signal }: LockStoreOptions = {},
): Promise<Disposable> {
  let isTold = false;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return acquireLock(root, encodePath(join(store, LOCK)), {
        intent: `Cannot write into store ${quote(store)}`,
        timeout: 0,
        hint: "Wait for it to end, or leave out --no-wait",
      });
    } catch (error) {
      if (!(error instanceof TorcxError) || error.code !== "busy" || isWaitRefused) throw error;
      if (!isTold) log.warning(`${error.message.replace(/^Cannot write into /, "")}: waiting for it to end`);
      isTold = true;
      await sleep(POLL_INTERVAL, signal);
    }
  }
}

/** Removes what killed runs left in a store and nobody goes on with. The caller holds the store's lock. */
export function removeLeftovers(
  system: Pick<System, "root" | "log">,
  store: string,
  { wanted }: { wanted: ReadonlySet<string> },
): void {
  for (const { name } of findEntries(system, store) ?? []) {
    const isOurs = isStagedName(name) || isTemporaryName(name);
    if (!isOurs || wanted.has(decodePath(name))) continue;
    system.log.debug(`removing ${quote(join(store, decodePath(name)))}, which a run before left`);
    try {
      system.root.unlink(encodePath(join(store, decodePath(name))));
    } catch (error) {
      // It is in nobody's way.
      if (!(error instanceof TorcxError)) throw error;
    }
  }
}
