/**
 * Owns the guard against replays: contents that are older than those accepted before of the same base URL
 * are what an attacker has kept. The state is BASE/`remotes/state.json`.
 */

import { join } from "@std/path/posix/join";
import { encodePath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import type { System } from "../config/system.ts";
import { encodeRemoteState, parseRemoteState, type RemoteState } from "../manifest/remote_state.ts";
import { acquireLock } from "../sys/lock_file.ts";
import { formatTime, type Signature } from "./signed_text.ts";

const DIRECTORY = "remotes";
const FILE = "state.json";
const LOCK = ".torcx.lock";
/** Of nobody's business but root's: it tells what a machine trusts. */
const MODES = { directory: 0o700, file: 0o600 };

/** Contents that were accepted, or are about to be. */
export interface Accepted {
  /** The evaluated base URL. */
  url: URL;
  signature: Signature;
}

/** Returns the state's path. */
function getStatePath({ settings }: Pick<System, "settings">): string {
  return join(settings.baseDir, DIRECTORY, FILE);
}

/**
 * Checks that contents are no older than what was accepted before.
 *
 * @throws {TorcxError} `untrusted` if they are, or have no time where those had one; `failed` if the state
 *   cannot be read.
 */
export function checkFreshness(
  system: Pick<System, "root" | "settings">,
  { url, signature }: Accepted,
): void {
  const newest = readState(system).get(url.href);
  if (newest === undefined) return;
  const refuse = (state: string): never => {
    throw new TorcxError("untrusted", `Cannot trust the contents of ${quote(url.href)}: ${state}`, {
      hint: "Somebody may replay what was withdrawn; --allow-older accepts it",
    });
  };
  const before = `on ${formatTime(newest)}`;
  if (signature.at === undefined) {
    return refuse(`their signature has no time, and contents signed ${before} were accepted before`);
  }
  if (signature.at < newest) {
    refuse(
      `they were signed on ${
        formatTime(signature.at)
      }, and newer ones, signed ${before}, were accepted before`,
    );
  }
}

/**
 * Remembers that contents were accepted, if they are the newest of their base URL.
 *
 * @throws {TorcxError} `failed` if the state cannot be read or written.
 */
export function rememberAccepted(
  system: Pick<System, "root" | "settings">,
  { url, signature }: Accepted,
): void {
  const { root, settings } = system;
  if (signature.at === undefined) return;
  const directory = join(settings.baseDir, DIRECTORY);
  try {
    root.makeDirs(encodePath(settings.baseDir), 0o755);
    root.makeDirs(encodePath(directory), MODES.directory);
    using _lock = acquireLock(root, encodePath(join(directory, LOCK)), {
      intent: `Cannot remember the contents of ${quote(url.href)}`,
    });
    const state = readState(system);
    const newest = state.get(url.href);
    // Older ones that somebody allowed once are older still.
    if (newest !== undefined && newest >= signature.at) return;
    state.set(url.href, signature.at);
    const text = new TextEncoder().encode(encodeRemoteState(state));
    root.writeFileAtomic(encodePath(getStatePath(system)), text, { mode: MODES.file });
  } catch (cause) {
    if (!(cause instanceof TorcxError) || cause.code === "busy") throw cause;
    throw new TorcxError("failed", `Cannot remember the contents of ${quote(url.href)}`, { cause });
  }
}

function readState(system: Pick<System, "root" | "settings">): RemoteState {
  const path = getStatePath(system);
  let data: Uint8Array<ArrayBuffer>;
  try {
    data = system.root.readFile(encodePath(path));
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return new Map();
    throw cause;
  }
  try {
    return parseRemoteState(new TextDecoder().decode(data), path);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    // Without it a replay is not seen: that is for a human to decide.
    throw new TorcxError("failed", "Cannot tell new contents from old ones: the state cannot be used", {
      cause,
      hint: `Remove ${quote(path)} if it is damaged; until it is written anew, replays are not noticed`,
    });
  }
}
