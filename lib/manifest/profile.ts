/**
 * Owns the kinds `profile-manifest-v0` and `profile-manifest-v1`: decode, encode and the two edits
 * of a profile's images, with every field that it does not know kept as it was. It refuses disk
 * access. Callers: catalog, apply.
 */

import { encodeJson, encodeManifest, type JsonObject, parseManifest } from "./json.ts";
import { type ImageName, parseImageName, parseImageReference } from "./names.ts";

/** The kinds of a profile; v1 added `remote`. */
export const PROFILE_KINDS = ["profile-manifest-v0", "profile-manifest-v1"] as const;
/** One of {@linkcode PROFILE_KINDS}. */
export type ProfileKind = (typeof PROFILE_KINDS)[number];

/** One image of a profile. */
export interface ProfileImage {
  name: ImageName;
  /** An `ImageReference`, or empty: the image is taken out of what lower profiles brought. */
  reference: string;
  /** The remote to fetch it from (v1 only). */
  remote?: string;
}

/** A profile. */
export interface Profile {
  kind: ProfileKind;
  images: ProfileImage[];
  /** The document that it was read from, unknown fields included. */
  raw: JsonObject;
}

/**
 * Parses a profile. An empty file is an empty profile, as it was for the first torcx.
 *
 * @param source the file's path, for messages.
 * @throws {TorcxError} `invalid` if it has another kind or shape, or an illegal name.
 */
export function parseProfile(text: string, source: string): Profile {
  if (text.trim() === "") return createProfile("profile-manifest-v0", []);
  const manifest = parseManifest(text, source, PROFILE_KINDS);
  const kind = manifest.kind as ProfileKind;
  const images = manifest.value.field("images").items().map((item): ProfileImage => {
    const name = item.field("name").parseString(parseImageName);
    const reference = item.field("reference").parseString((value) =>
      value === "" ? "" : parseImageReference(value)
    );
    // The first torcx wrote an empty remote where there is none.
    const remote = kind === "profile-manifest-v1" ? item.field("remote").findString() : undefined;
    return remote === undefined || remote === "" ? { name, reference } : { name, reference, remote };
  });
  return { kind, images, raw: manifest.raw };
}

/** Makes a profile of its images. */
export function createProfile(kind: ProfileKind, images: readonly ProfileImage[]): Profile {
  const list = images.map(({ name, reference, remote }): JsonObject =>
    kind === "profile-manifest-v1" && remote !== undefined ? { name, reference, remote } : { name, reference }
  );
  return { kind, images: [...images], raw: { kind, value: { images: list } } };
}

/** Returns the profile with the image's reference replaced in place, or the image added at the end. */
export function setProfileImage(profile: Profile, image: { name: ImageName; reference: string }): Profile {
  const at = profile.images.findIndex(({ name }) => name === image.name);
  const images = [...profile.images];
  const rawImages = getRawImages(profile);
  if (at < 0) {
    images.push({ name: image.name, reference: image.reference });
    rawImages.push({ name: image.name, reference: image.reference });
  } else {
    images[at] = { ...images[at]!, reference: image.reference };
    rawImages[at] = { ...rawImages[at]!, reference: image.reference };
  }
  return replaceImages(profile, images, rawImages);
}

/** Returns the profile without the image, undefined if it has none of this name. */
export function removeProfileImage(profile: Profile, name: ImageName): Profile | undefined {
  const isKept = profile.images.map((image) => image.name !== name);
  if (isKept.every(Boolean)) return undefined;
  return replaceImages(
    profile,
    profile.images.filter((_, index) => isKept[index]),
    getRawImages(profile).filter((_, index) => isKept[index]),
  );
}

function getRawImages(profile: Profile): JsonObject[] {
  const images = (profile.raw["value"] as JsonObject)["images"];
  return Array.isArray(images) ? [...images] as JsonObject[] : [];
}

function replaceImages(profile: Profile, images: ProfileImage[], rawImages: JsonObject[]): Profile {
  const value = { ...profile.raw["value"] as JsonObject, images: rawImages };
  return { kind: profile.kind, images, raw: { ...profile.raw, value } };
}

/** Returns the profile as a file's text, unknown fields included. */
export function encodeProfile(profile: Profile): string {
  return encodeJson(profile.raw);
}

/** Returns the run profile: kind v0, names and references alone, `[]` if there are none. */
export function encodeRunProfile(images: readonly { name: string; reference: string }[]): string {
  return encodeManifest("profile-manifest-v0", {
    images: images.map(({ name, reference }) => ({ name, reference })),
  });
}
