/**
 * Owns every change of profiles and of the selector. A file is replaced whole or not at all, with its
 * mode, its owner and the fields that torcx does not know. Callers: the profile commands.
 */

import { isErrno, quote, TorcxError } from "../errors.ts";
import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import type { Logger } from "../log.ts";
import { formatImage, type ImageName, type ProfileName } from "../manifest/names.ts";
import {
  createProfile,
  encodeProfile,
  type Profile,
  removeProfileImage,
  setProfileImage,
} from "../manifest/profile.ts";
import { join } from "../config/paths.ts";
import type { Settings } from "../config/settings.ts";
import { close, flock } from "../sys/calls.ts";
import { LOCK_EX, O_DIRECTORY, O_RDONLY } from "../sys/flags.ts";
import type { Root } from "../sys/root.ts";
import { getNextProfile } from "./boot_profiles.ts";
import { getProfile, listProfiles, type ProfileFile, readProfile } from "./profiles.ts";
import { indexStores } from "./stores.ts";

/** Modes of what is made new, as the first torcx made them. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
/** MAXSYMLINKS of include/linux/namei.h. */
const SYMLINKS_MAX = 40;

/** A profile that is made or edited: by its name in the user profiles directory, or by its path. */
export type ProfileTarget = { name: ProfileName } | { file: string };

const encoder = new TextEncoder();

/**
 * Makes a profile: empty (kind v0), or a byte copy of another one. A name must not exist in any
 * profile directory; a file is replaced.
 *
 * @param from the profile to copy; `next` is the selector's.
 * @returns the new file's path.
 * @throws {TorcxError} `exists` if the name is taken, `not_found` if there is nothing to copy, `failed`
 *   if the file cannot be written.
 */
export function createProfileFile(
  root: Root,
  settings: Settings,
  log: Logger,
  target: ProfileTarget,
  from?: { name: ProfileName } | "next",
): string {
  const profiles = listProfiles(root, settings, log);
  const name = "name" in target ? target.name : undefined;
  const path = "name" in target ? getUserPath(settings, target.name) : target.file;
  const fail = (code: "exists" | "failed", state: string, cause?: unknown): never => {
    throw new TorcxError(
      code,
      `Cannot make profile ${quote(name ?? path)}: ${state}`,
      cause === undefined ? { hint: "Choose another name" } : { cause },
    );
  };
  const existing = name === undefined ? undefined : profiles.get(name);
  if (existing !== undefined) fail("exists", `${quote(existing.path)} exists`);
  const data = from === undefined
    ? encoder.encode(encodeProfile(createProfile("profile-manifest-v0", [])))
    : copyProfile(
      root,
      getProfile(profiles, from === "next" ? getNextProfile(root, settings, profiles) : from.name),
    );
  try {
    if (name === undefined) replaceFile(root, path, () => data);
    else {
      root.makeDirs(encodePath(settings.paths.userProfiles), DIRECTORY_MODE);
      root.writeFileAtomic(encodePath(path), data, FILE_MODE, { isNew: true });
    }
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    if (isErrno(cause, "EEXIST")) fail("exists", `${quote(path)} exists`);
    fail("failed", `${quote(path)} cannot be written`, cause);
  }
  return path;
}

/** A copy is one of bytes, but not of something that is no profile. */
function copyProfile(root: Root, file: ProfileFile): Uint8Array<ArrayBuffer> {
  readProfile(root, file);
  return root.readFile(encodePath(file.path));
}

/**
 * Writes the selector.
 *
 * @throws {TorcxError} `not_found` if the profile does not exist, `failed` if it cannot be read or the
 *   selector cannot be written.
 */
export function setNextProfile(root: Root, settings: Settings, log: Logger, name: ProfileName): void {
  readProfile(root, getProfile(listProfiles(root, settings, log), name));
  try {
    root.makeDirs(encodePath(settings.confDir), DIRECTORY_MODE);
    replaceFile(root, settings.paths.selector, () => encoder.encode(`${name}\n`));
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError(
      "failed",
      `Cannot select profile ${quote(name)}: ${quote(settings.paths.selector)} cannot be written`,
      {
        cause,
      },
    );
  }
}

/** Options of {@linkcode useImage}. */
export interface UseImageOptions {
  /** The image need not be in a store. Default false. */
  isMissingAllowed?: boolean;
}

/**
 * Adds an image to a user profile, or replaces its reference in place. An empty reference, which
 * drops the image of lower profiles, needs no archive.
 *
 * @returns the profile's path.
 * @throws {TorcxError} `not_found` if there is no such user profile or no archive, `failed` if the
 *   file cannot be read or written.
 */
export function useImage(
  root: Root,
  settings: Settings,
  log: Logger,
  target: ProfileTarget,
  image: { name: ImageName; reference: string },
  options: UseImageOptions = {},
): string {
  const path = getEditablePath(root, settings, log, target);
  if (image.reference !== "") checkArchive(root, settings, log, image, options.isMissingAllowed === true);
  editProfile(root, target, path, (profile) => setProfileImage(profile, image));
  return path;
}

function checkArchive(
  root: Root,
  settings: Settings,
  log: Logger,
  image: { name: ImageName; reference: string },
  isMissingAllowed: boolean,
): void {
  const index = indexStores(root, settings, log);
  if (index.find(image) !== undefined) return;
  const state = `image ${quote(formatImage(image))} is in none of ${index.stores.length} stores`;
  if (isMissingAllowed) {
    log.warning(state);
    return;
  }
  throw new TorcxError("not_found", `Cannot use image ${quote(formatImage(image))}: ${state}`, {
    hint: 'Put its archive into a store first, or give "--allow=missing"',
  });
}

/**
 * Removes an image from a user profile.
 *
 * @returns the profile's path.
 * @throws {TorcxError} `not_found` if there is no such user profile or it lists no such image,
 *   `failed` if the file cannot be read or written.
 */
export function removeImage(
  root: Root,
  settings: Settings,
  log: Logger,
  target: ProfileTarget,
  name: ImageName,
): string {
  const path = getEditablePath(root, settings, log, target);
  editProfile(root, target, path, (profile) => {
    const edited = removeProfileImage(profile, name);
    if (edited !== undefined) return edited;
    throw new TorcxError("not_found", `Cannot remove image ${quote(name)}: ${quote(path)} does not list it`, {
      hint: 'To drop an image that a lower profile brings, use it with an empty reference: "use-image NAME:"',
    });
  });
  return path;
}

function getUserPath(settings: Settings, name: ProfileName): string {
  return join(settings.paths.userProfiles, `${name}.json`);
}

function getEditablePath(root: Root, settings: Settings, log: Logger, target: ProfileTarget): string {
  if ("file" in target) return target.file;
  const file = getProfile(listProfiles(root, settings, log), target.name);
  if (file.layer === "user") return file.path;
  throw new TorcxError(
    "not_found",
    `Cannot edit profile ${quote(target.name)}: it is no user profile but ${quote(file.path)}`,
    { hint: `Copy it with "torcx profile new --from ${target.name} --name NEW" and edit the copy` },
  );
}

function editProfile(
  root: Root,
  target: ProfileTarget,
  path: string,
  edit: (profile: Profile) => Profile,
): void {
  const shown = quote("name" in target ? target.name : path);
  try {
    replaceFile(
      root,
      path,
      () => encoder.encode(encodeProfile(edit(readProfile(root, { ...target, path })))),
    );
  } catch (cause) {
    // What edit() and readProfile() throw says it all; a failed system call does not.
    if (!(cause instanceof TorcxError) || (cause.code !== "syscall" && cause.code !== "no_space")) {
      throw cause;
    }
    throw new TorcxError("failed", `Cannot edit profile ${shown}: ${quote(path)} cannot be written`, {
      cause,
    });
  }
}

/**
 * Replaces a file, the target of a symlink rather than the symlink. `make` runs while the directory
 * is locked, so that of two edits at once none is lost.
 */
function replaceFile(root: Root, path: string, make: () => Uint8Array<ArrayBuffer>): void {
  const target = resolveSymlinks(root, encodePath(path));
  const directory = root.open(splitPath(target).parent, O_RDONLY | O_DIRECTORY);
  try {
    flock(directory, LOCK_EX);
    const stat = root.findStat(target);
    if (stat !== undefined && stat.type !== "file") {
      throw new TorcxError(
        "invalid",
        `Cannot replace ${quote(path)}: it is a ${stat.type}, not a regular file`,
      );
    }
    const data = make();
    if (stat === undefined) root.writeFileAtomic(target, data, FILE_MODE);
    else root.writeFileAtomic(target, data, stat.mode, { owner: { uid: stat.uid, gid: stat.gid } });
  } finally {
    close(directory);
  }
}

/** Returns the path of what a path's last component leads to; its parents are left to the kernel. */
function resolveSymlinks(root: Root, path: ByteString): ByteString {
  let current = path;
  for (let count = 0; count < SYMLINKS_MAX; count++) {
    if (root.findLstat(current)?.type !== "symlink") return current;
    const link = root.readLink(current);
    current = link.startsWith("/") ? link : joinPath(splitPath(current).parent, link);
  }
  throw new TorcxError("invalid", `Cannot replace ${quote(decodePath(path))}: too many symlinks`);
}
