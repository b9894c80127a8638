/**
 * Owns what a population is: which images of a profile come from which remote, into which store, and what
 * became of each. It refuses to fetch.
 */

import { join } from "@std/path/posix/join";
import type { TorcxError } from "../errors.ts";
import { type Archive, type ArchiveFormat, indexStores, type StoreIndex } from "../catalog/stores.ts";
import { findArchive } from "../catalog/archives.ts";
import type { System } from "../config/system.ts";
import type { Digest } from "../manifest/digest.ts";
import { listCountingEntries, type Profile, type ProfileImage } from "../manifest/profile.ts";
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
    .map((image) => ({ image, archive: findArchive(system, image, { index }) }));
  const { userStore } = system.settings.paths;
  return { store: osVersion === undefined ? userStore : join(userStore, osVersion), wanted, index };
}
