/**
 * Owns every change of profiles and of the selector: what is edited, and what a file holds afterwards, with
 * the fields that torcx does not know. How the file is replaced is `replace_file.ts`'s.
 */

import { join } from "@std/path/posix/join";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { encodePath } from "../bytes.ts";
import { formatImage, type ImageName, type ProfileName } from "../manifest/names.ts";
import {
  createProfile,
  encodeProfile,
  type Profile,
  type ProfileImage,
  removeProfileImage,
  setProfileImage,
} from "../manifest/profile.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../config/system.ts";
import { getNextProfile } from "./boot_profiles.ts";
import { explainMissing } from "./missing.ts";
import {
  encodeSelector,
  getProfile,
  listProfiles,
  type ProfileFile,
  readProfile,
  readSelector,
} from "./profiles.ts";
import { replaceFile } from "./replace_file.ts";
import { indexStores } from "./stores.ts";

/** The mode of directories that are made, as the first torcx made them. */
const DIRECTORY_MODE = 0o755;

/** A profile that is made or edited: by its name in the user profiles directory, or by its path. */
export type ProfileTarget = { name: ProfileName } | { file: string };

/** A file after an edit. */
export interface EditedFile {
  path: string;
  /** False if it held the same before. */
  changed: boolean;
}

const encoder = new TextEncoder();

/**
 * Makes a profile: empty (kind v0), or a byte copy of another one. A name must not exist in any
 * profile directory; a file is replaced.
 *
 * @param from the profile to copy; `next` is the selector's.
 * @returns the new file.
 * @throws {TorcxError} `exists` if the name is taken, `not_found` if there is nothing to copy, `failed`
 *   if the file cannot be written.
 */
export function createProfileFile(
  system: System,
  target: ProfileTarget,
  from?: { name: ProfileName } | "next",
): EditedFile {
  const { root, settings, log } = system;
  const profiles = listProfiles(system);
  const name = "name" in target ? target.name : undefined;
  const path = "name" in target ? getUserPath(settings, target.name) : target.file;
  const intent = `Cannot make profile ${quote(name ?? path)}`;
  const fail = (code: "exists" | "failed", state: string, cause?: unknown): never => {
    const options = cause === undefined ? { hint: "Choose another name" } : { cause };
    throw new TorcxError(code, `${intent}: ${state}`, options);
  };
  const existing = name === undefined ? undefined : profiles.get(name);
  if (existing !== undefined) fail("exists", `${quote(existing.path)} exists`);
  const data = from === undefined
    ? encoder.encode(encodeProfile(createProfile("profile-manifest-v0", [])))
    : copyProfile(
      system,
      getProfile(profiles, from === "next" ? getNextProfile(system, profiles) : from.name),
    );
  try {
    if (name !== undefined) root.makeDirs(encodePath(settings.paths.userProfiles), DIRECTORY_MODE);
    return {
      path,
      changed: replaceFile(root, path, { make: () => data, intent, log, isNew: name !== undefined }),
    };
  } catch (cause) {
    if (!(cause instanceof TorcxError) || cause.code === "busy") throw cause;
    if (isErrno(cause, "EEXIST")) fail("exists", `${quote(path)} exists`);
    return fail("failed", `${quote(path)} cannot be written`, cause);
  }
}

/** A copy is one of bytes, but not of something that is no profile. */
function copyProfile(system: Pick<System, "root" | "log">, file: ProfileFile): Uint8Array<ArrayBuffer> {
  const { root } = system;
  readProfile(system, file, { onBlank: "error" });
  return root.readFile(encodePath(file.path));
}

/**
 * Writes the selector, unless it names the profile already.
 *
 * @returns whether it was written.
 * @throws {TorcxError} `not_found` if the profile does not exist, `failed` if it cannot be read or the
 *   selector cannot be written.
 */
export function setNextProfile(system: System, name: ProfileName): boolean {
  const { root, settings, log } = system;
  readProfile(system, getProfile(listProfiles(system), name), { onBlank: "error" });
  if (isSelected(system, name)) return false;
  const { selector } = settings.paths;
  const intent = `Cannot select profile ${quote(name)}`;
  try {
    root.makeDirs(encodePath(settings.confDir), DIRECTORY_MODE);
    return replaceFile(root, selector, { make: () => encoder.encode(encodeSelector(name)), intent, log });
  } catch (cause) {
    if (!(cause instanceof TorcxError) || cause.code === "busy") throw cause;
    throw new TorcxError("failed", `${intent}: ${quote(selector)} cannot be written`, { cause });
  }
}

function isSelected(system: System, name: ProfileName): boolean {
  try {
    return readSelector(system) === name;
  } catch (error) {
    // What cannot be read is written anew, or the writing says why not.
    if (error instanceof TorcxError) return false;
    throw error;
  }
}

/** Options of {@linkcode useImage}. */
export interface UseImageOptions {
  /** An empty reference drops what a lower profile brings. */
  image: { name: ImageName; reference: string };
  /** The image need not be in a store. Default false. */
  isMissingAllowed?: boolean;
}

/**
 * Adds an image to a user profile, or replaces its reference in place. An empty reference, which
 * drops the image of lower profiles, needs no archive.
 *
 * @returns the profile's file.
 * @throws {TorcxError} `not_found` if there is no such user profile or no archive, `failed` if the
 *   file cannot be read or written.
 */
export function useImage(
  system: System,
  target: ProfileTarget,
  options: UseImageOptions,
): EditedFile {
  const { image } = options;
  const path = getEditablePath(system, target);
  if (image.reference !== "") {
    checkArchive(system, image, { isMissingAllowed: options.isMissingAllowed === true });
  }
  return {
    path,
    changed: editProfile(system, target, {
      path,
      edit: (profile) => setImage(system, { path, profile, image }),
    }),
  };
}

function setImage(
  { log }: System,
  { path, profile, image }: { path: string; profile: Profile } & Pick<UseImageOptions, "image">,
): Profile {
  const count = profile.images.filter(({ name }) => name === image.name).length;
  if (count > 1) {
    log.warning(
      `of the ${count} entries of image ${quote(image.name)} in ${quote(path)} the last one is set`,
    );
  }
  return setProfileImage(profile, image);
}

function checkArchive(
  system: System,
  image: { name: ImageName; reference: string },
  { isMissingAllowed }: { isMissingAllowed: boolean },
): void {
  const { log } = system;
  const index = indexStores(system);
  if (index.find(image) !== undefined) return;
  const { state, hint } = explainMissing(index, [image]);
  if (isMissingAllowed) {
    log.warning(`image ${quote(formatImage(image))}: ${state}`);
    return;
  }
  throw new TorcxError("not_found", `Cannot use image ${quote(formatImage(image))}: ${state}`, {
    hint: hint ?? 'Put its archive into a store first, or give "--allow=missing"',
  });
}

/**
 * Removes an image from a user profile.
 *
 * @returns the profile's file and the entries that are gone.
 * @throws {TorcxError} `not_found` if there is no such user profile or it lists no such image,
 *   `failed` if the file cannot be read or written.
 */
export function removeImage(
  system: System,
  target: ProfileTarget,
  { name }: { name: ImageName },
): EditedFile & { removed: ProfileImage[] } {
  const path = getEditablePath(system, target);
  let removed: ProfileImage[] = [];
  const changed = editProfile(system, target, {
    path,
    edit: (profile) => {
      const edited = removeProfileImage(profile, name);
      removed = profile.images.filter((image) => image.name === name);
      if (edited !== undefined) return edited;
      throw new TorcxError(
        "not_found",
        `Cannot remove image ${quote(name)}: ${quote(path)} does not list it`,
        {
          hint:
            'To drop an image that a lower profile brings, use it with an empty reference: "use-image NAME:"',
        },
      );
    },
  });
  return { path, changed, removed };
}

function getUserPath(settings: Settings, name: ProfileName): string {
  return join(settings.paths.userProfiles, `${name}.json`);
}

function getEditablePath(system: System, target: ProfileTarget): string {
  if ("file" in target) return target.file;
  const file = getProfile(listProfiles(system), target.name);
  if (file.layer === "user") return file.path;
  throw new TorcxError(
    "not_found",
    `Cannot edit profile ${quote(target.name)}: it is no user profile but ${quote(file.path)}`,
    { hint: `Copy it with "torcx profile new --from ${target.name} --name NEW" and edit the copy` },
  );
}

/** What would be lost by writing the file anew is not taken from its owner. */
function readEditable(
  system: Pick<System, "root" | "log">,
  file: { name?: ProfileName; path: string },
  { intent }: { intent: string },
): Profile {
  const profile = readProfile(system, file);
  if (profile.lossy === undefined) return profile;
  throw new TorcxError("failed", `${intent}: ${profile.lossy} in ${quote(file.path)}`, {
    hint: "Correct the file by hand first: an edit would lose something of it",
  });
}

function editProfile(
  system: Pick<System, "root" | "log">,
  target: ProfileTarget,
  { path, edit }: { path: string; edit: (profile: Profile) => Profile },
): boolean {
  const { root, log } = system;
  const intent = `Cannot edit profile ${quote("name" in target ? target.name : path)}`;
  try {
    return replaceFile(
      root,
      path,
      {
        make: () =>
          encoder.encode(encodeProfile(edit(readEditable(system, { ...target, path }, { intent })))),
        intent,
        log,
      },
    );
  } catch (cause) {
    // What edit() and readProfile() throw says it all; a failed system call does not.
    if (!(cause instanceof TorcxError) || (cause.code !== "syscall" && cause.code !== "no_space")) {
      throw cause;
    }
    throw new TorcxError("failed", `${intent}: ${quote(path)} cannot be written`, { cause });
  }
}
