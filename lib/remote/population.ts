/**
 * Owns what a population is: which images of a profile come from which remote, into which store, and what
 * became of each. It refuses to fetch.
 */

import { quote, TorcxError } from "../errors.ts";
import { type Archive, type ArchiveFormat, indexStores, type StoreIndex } from "../catalog/stores.ts";
import { join } from "../config/paths.ts";
import { readOsRelease } from "../config/settings_files.ts";
import type { System } from "../config/system.ts";
import type { Digest } from "../manifest/digest.ts";
import { listCountingEntries, type Profile, type ProfileImage } from "../manifest/profile.ts";
import { type BaseUrl, evaluateBaseUrl } from "../catalog/base_url.ts";
import { readRemote, type Remote } from "../catalog/remotes.ts";
import type { Signature } from "./signed_text.ts";

/** What became of an image. */
export type PopulateState =
  /** Its archive was there, and was not looked into. */
  | "present"
  /** Its archive was there, and is what the remote has. */
  | "verified"
  /** Its archive was there, is not what the remote has, and lies where nothing is written. */
  | "differs"
  /** It was fetched. */
  | "fetched"
  /** It would be fetched, but nothing is to be changed. */
  | "missing"
  /** It could not be had. */
  | "failed";

/** What became of an image, and how. */
export interface PopulatedImage {
  image: ProfileImage & { remote: string };
  state: PopulateState;
  /** Where it comes from; undefined where that was not asked. */
  url?: URL;
  /** Where its archive is, or would be. */
  path?: string;
  bytes?: number;
  digest?: Digest | undefined;
  signature?: Signature | undefined;
  milliseconds?: number;
  error?: TorcxError;
}

/** Options of a population. */
export interface PopulationOptions {
  /** The version of the versioned store that is written to; by default the unversioned one. */
  osVersion?: string | undefined;
  /** The format that is wanted; by default the first one that a remote lists. */
  format?: ArchiveFormat | undefined;
}

/** An image whose archive comes from a remote, and the one that is there. */
export interface WantedImage {
  image: ProfileImage & { remote: string };
  archive: Archive | undefined;
}

/** A population before anything was asked for. */
export interface Population {
  /** The store that is written to. */
  store: string;
  /** What a profile asks of its remotes, in its order. */
  wanted: WantedImage[];
  index: StoreIndex;
}

/** Plans a population: reads the stores, and no remote. */
export function planPopulation(
  system: System,
  profile: Profile,
  { osVersion }: PopulationOptions,
): Population {
  const index = indexStores(system, osVersion === undefined ? {} : { osVersion });
  const wanted = listCountingEntries(profile)
    .flatMap(({ remote, ...image }) =>
      remote === undefined || image.reference === "" ? [] : [{ ...image, remote }]
    )
    .map((image) => ({ image, archive: index.find(image) }));
  const { userStore } = system.settings.paths;
  return { store: osVersion === undefined ? userStore : join(userStore, osVersion), wanted, index };
}

/** A remote on this system. */
export interface LocatedRemote {
  remote: Remote;
  base: BaseUrl;
}

/**
 * Reads a remote and evaluates its base URL.
 *
 * @throws {TorcxError} if it is not there, or cannot be used.
 */
export function locateRemote(
  system: System,
  name: string,
  { osVersion }: Pick<PopulationOptions, "osVersion"> = {},
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
