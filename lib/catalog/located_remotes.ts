/** Owns what a remote's configuration means on this system. It refuses the network. */

import { quote, TorcxError } from "../errors.ts";
import { join } from "@std/path/posix/join";
import { readOsRelease } from "../config/settings_files.ts";
import type { System } from "../config/system.ts";
import { type BaseUrl, evaluateBaseUrl } from "./base_url.ts";
import { readRemote, type Remote } from "./remotes.ts";

/** A remote on this system. */
export interface LocatedRemote {
  remote: Remote;
  base: BaseUrl;
}

/** Options of {@linkcode locateRemote}. */
export interface LocateOptions {
  /** The OS version that somebody works for: a warning where the URL names another one. */
  osVersion?: string | undefined;
}

/**
 * Reads a remote and evaluates its base URL.
 *
 * @throws {TorcxError} if it is not there, or cannot be used.
 */
export function locateRemote(
  system: System,
  name: string,
  { osVersion }: LocateOptions = {},
): LocatedRemote {
  const { root, settings, log } = system;
  const remote = readRemote(system, name);
  const { usrDir } = settings;
  const osRelease = readOsRelease(root, join(usrDir, "lib/os-release"), { warn: log.warning });
  try {
    const base = evaluateBaseUrl(remote.baseUrl, { usrDir, osRelease });
    const running = osRelease.get("VERSION_ID");
    if (osVersion !== undefined && osVersion !== running && base.variables.includes("VERSION_ID")) {
      log.warning(
        `remote ${quote(name)}: its base_url uses \${VERSION_ID}, which is ${quote(running ?? "")} of ${
          quote(usrDir)
        }, not ${quote(osVersion)}; set TORCX_USR_MOUNTPOINT to the other OS's /usr`,
      );
    }
    return { remote, base };
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError(cause.code, `Cannot use remote ${quote(name)} from ${quote(remote.path)}`, {
      cause,
    });
  }
}
