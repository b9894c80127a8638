/**
 * Owns the kinds `profile-manifest-v0` and `profile-manifest-v1`: decode, encode and the two edits of a
 * profile's images, with every field that it does not know kept as it was. It refuses disk access.
 */

import type { GoStruct } from "./go_decoder.ts";
import { quote } from "../errors.ts";
import { type GoFile, listFieldMembers, type OnWarning, readWrittenManifest } from "./go_json.ts";
import { encodeManifest } from "./json.ts";
import {
  decodeJsonString,
  encodeJsonNode,
  type JsonNode,
  type JsonObjectNode,
  toJsonNode,
} from "./json_text.ts";
import { type ImageName, parseImageName, parseImageReference } from "./names.ts";

/** The kinds of a profile; v1 added `remote`. */
const PROFILE_KINDS = ["profile-manifest-v0", "profile-manifest-v1"] as const;
/** One of {@linkcode PROFILE_KINDS}. */
export type ProfileKind = (typeof PROFILE_KINDS)[number];

/** The shortest profile without images. */
export const EMPTY_PROFILE_TEXT: string = JSON.stringify({ kind: PROFILE_KINDS[0], value: { images: [] } });

const IMAGE_FIELDS: GoStruct["fields"] = { name: "string", reference: "string" };
const PROFILE_FILE: GoFile<ProfileKind> = {
  shapes: {
    "profile-manifest-v0": {
      fields: {
        images: {
          items: { fields: IMAGE_FIELDS, unused: { remote: 'remotes need kind "profile-manifest-v1"' } },
        },
      },
    },
    "profile-manifest-v1": {
      fields: { images: { items: { fields: { ...IMAGE_FIELDS, remote: "string" } } } },
    },
  },
  isValueRaw: true,
  isTailRefused: false,
};

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
  /** Whether the file holds nothing at all. */
  isBlank: boolean;
  /** The document that it was read from, unknown fields included. */
  document: JsonObjectNode;
  /** Why an edit would lose what the file holds; undefined if it would not. */
  lossy: string | undefined;
}

/**
 * Parses a profile. An empty file is an empty profile, as it was for the first torcx.
 *
 * @param source the file's path, for messages.
 * @throws {TorcxError} `invalid` if it has another kind or shape, or an illegal name.
 */
export function parseProfile(
  data: string | Uint8Array<ArrayBuffer>,
  source: string,
  onWarning: OnWarning = () => {},
): Profile {
  if (isBlank(data)) return { ...createProfile("profile-manifest-v0", []), isBlank: true };
  const manifest = readWrittenManifest(data, source, { file: PROFILE_FILE, onWarning });
  const images: ProfileImage[] = [];
  for (const item of manifest.value.field("images").items()) {
    const name = item.field("name");
    if ((name.findString() ?? "") === "") {
      onWarning(`${quote(source)}: ${item.path} has no name: it is passed over`, "odd-json");
      continue;
    }
    const image: ProfileImage = { name: name.parseString(parseImageName), reference: "" };
    const reference = item.field("reference");
    if (!reference.isPresent) {
      onWarning(
        `${quote(source)}: ${item.path} has no reference: image ${
          quote(image.name)
        } is taken out, as with ""`,
        "odd-json",
      );
    } else if (reference.asString() !== "") image.reference = reference.parseString(parseImageReference);
    // The first torcx wrote an empty remote where there is none.
    const remote = item.field("remote").findString() ?? "";
    if (remote !== "") image.remote = remote;
    images.push(image);
  }
  for (const [name, count] of countEntries(images)) {
    if (count > 1) {
      onWarning(
        `${quote(source)}: image ${quote(name)} is listed ${count} times: the last entry counts`,
        "odd-json",
      );
    }
  }
  const { kind, document } = manifest;
  const value = getLastField(document, "value");
  const isTwice = value?.type === "object" && listFieldMembers(value, "images").length > 1;
  const lossy = manifest.lossy ?? (isTwice ? 'it has "images" more than once' : undefined);
  return { kind, images, isBlank: false, document, lossy };
}

function countEntries(images: readonly ProfileImage[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of images) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Returns the entries that count, those that take an image out among them: the last one of each image. */
export function listCountingEntries({ images }: Profile): ProfileImage[] {
  const last = new Map(images.map((image) => [image.name, image]));
  return images.filter((image) => last.get(image.name) === image);
}

/** Whether there is nothing but what JSON takes for blanks. */
function isBlank(data: string | Uint8Array<ArrayBuffer>): boolean {
  return typeof data === "string" ? /^[\t\n\r ]*$/.test(data) : data.every((byte) => BLANKS.includes(byte));
}

const BLANKS: readonly number[] = [0x09, 0x0a, 0x0d, 0x20];

/** Makes a profile of its images. */
export function createProfile(kind: ProfileKind, images: readonly ProfileImage[]): Profile {
  const list = images.map(({ name, reference, remote }) =>
    kind === "profile-manifest-v1" && remote !== undefined ? { name, reference, remote } : { name, reference }
  );
  const document = toJsonNode({ kind, value: { images: list } }) as JsonObjectNode;
  return { kind, images: [...images], isBlank: false, document, lossy: undefined };
}

/**
 * Returns the profile with the image's reference replaced in place, or the image added at the end. Of several
 * entries of the image the last is changed: it is the one that counts.
 */
export function setProfileImage(profile: Profile, image: { name: ImageName; reference: string }): Profile {
  const { name, reference } = image;
  const nodes = listImageNodes(profile);
  const isIn = profile.images.some((item) => item.name === name);
  if (!isIn) {
    return replaceImages(
      profile,
      [...profile.images, { name, reference }],
      [...nodes, toJsonNode({ name, reference })],
    );
  }
  const at = profile.images.findLastIndex((item) => item.name === name);
  const nodeAt = nodes.findLastIndex((node) => getImageName(node) === name);
  return replaceImages(
    profile,
    profile.images.with(at, { ...profile.images[at]!, reference }),
    nodes.with(nodeAt, setLastField(nodes[nodeAt] as JsonObjectNode, "reference", toJsonNode(reference))),
  );
}

/** Returns the profile without the image, undefined if it has none of this name. */
export function removeProfileImage(profile: Profile, name: ImageName): Profile | undefined {
  const images = profile.images.filter((image) => image.name !== name);
  if (images.length === profile.images.length) return undefined;
  const nodes = listImageNodes(profile).filter((node) => getImageName(node) !== name);
  return replaceImages(profile, images, nodes);
}

function listImageNodes({ document }: Profile): JsonNode[] {
  const value = getLastField(document, "value");
  const images = value?.type === "object" ? getLastField(value, "images") : undefined;
  return images?.type === "array" ? images.items : [];
}

function getImageName(node: JsonNode): string | undefined {
  if (node.type !== "object") return undefined;
  const name = listFieldMembers(node, "name").findLast(({ value }) => value.type === "string")?.value;
  return name?.type === "string" ? decodeJsonString(name.literal) : undefined;
}

/** Of several keys of one field, the last is the one that counts. */
function getLastField(object: JsonObjectNode, field: string): JsonNode | undefined {
  return listFieldMembers(object, field).at(-1)?.value;
}

/** Sets a field under the key that it has, in whatever case. */
function setLastField(object: JsonObjectNode, field: string, value: JsonNode): JsonObjectNode {
  const member = listFieldMembers(object, field).at(-1);
  const members = member === undefined
    ? [...object.members, { key: quote(field), at: object.at, value }]
    : object.members.map((item) => item === member ? { ...item, value } : item);
  return { ...object, members };
}

function replaceImages(profile: Profile, images: ProfileImage[], nodes: JsonNode[]): Profile {
  const list: JsonNode = { type: "array", at: 0, items: nodes };
  const value = getLastField(profile.document, "value");
  const object: JsonObjectNode = value?.type === "object" ? value : { type: "object", at: 0, members: [] };
  const document = setLastField(profile.document, "value", setLastField(object, "images", list));
  return { ...profile, images, document };
}

/** Returns the profile as a file's text, unknown fields included. */
export function encodeProfile(profile: Profile): string {
  return encodeJsonNode(profile.document);
}

/** Returns the run profile: kind v0, names and references alone, `[]` if there are none. */
export function encodeRunProfile(images: readonly { name: string; reference: string }[]): string {
  return encodeManifest("profile-manifest-v0", {
    images: images.map(({ name, reference }) => ({ name, reference })),
  });
}
