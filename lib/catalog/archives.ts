/**
 * Owns which archive is an image's: that of the stores, or, where none has one, that of the remote which the
 * profile names, if the OS image has that remote in it. It refuses every other remote.
 */

import { quote, TorcxError } from "../errors.ts";
import type { System } from "../config/system.ts";
import type { ProfileImage } from "../manifest/profile.ts";
import { locateRemote } from "./located_remotes.ts";
import { type Archive, listArchives, type StoreIndex } from "./stores.ts";

/**
 * Finds the archive of an image. A remote that is there and cannot be used is a warning: the image
 * is then in no store.
 *
 * @throws {TorcxError} `failed` if the directory of a remote is there and cannot be read.
 */
export function findArchive(
  system: System,
  image: Pick<ProfileImage, "name" | "reference" | "remote">,
  { index }: { index: StoreIndex },
): Archive | undefined {
  const archive = index.find(image);
  if (archive !== undefined || image.remote === undefined) return archive;
  const directory = findUsrDirectory(system, image.remote);
  return directory === undefined ? undefined : findInPlace(system, image, { directory });
}

/** Finds an archive of a directory by its name; a squashfs before a tgz, as in stores. */
function findInPlace(
  system: System,
  image: Pick<ProfileImage, "name" | "reference">,
  { directory }: { directory: string },
): Archive | undefined {
  const archives = listArchives(system, directory)
    .filter(({ name, reference }) => name === image.name && reference === image.reference);
  return archives.find(({ format }) => format === "squashfs") ?? archives[0];
}

function findUsrDirectory(system: System, remote: string): string | undefined {
  try {
    return locateRemote(system, remote).base.usrDirectory;
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    const message = `remote ${quote(remote)} is not looked into: ${error.message}${cause}`;
    // It may be one of servers that only populate needs, configured where that runs.
    if (error.code === "not_found") system.log.debug(message);
    else system.log.warning(message);
    return undefined;
  }
}
