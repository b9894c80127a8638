/**
 * Owns the names of profiles and images: branded types that only these parsers make. A name becomes a path
 * component, a line of the seal and a word of a unit, so that what could break one of those is refused
 * wherever it is read.
 */

import { quote, TorcxError } from "../errors.ts";

declare const brand: unique symbol;

/** A profile's name: 1 to 512 of `A-Z a-z 0-9 . _ -`, neither `.` nor `..`. */
export type ProfileName = string & { readonly [brand]: "ProfileName" };
/** An image's name; earlier colons of `NAME:REFERENCE` stay in it. */
export type ImageName = string & { readonly [brand]: "ImageName" };
/** An image's reference: what follows the last colon. */
export type ImageReference = string & { readonly [brand]: "ImageReference" };

/** The reference of an archive whose file name has none. */
export const DEFAULT_REFERENCE: ImageReference = "com.coreos.cl" as ImageReference;

const PROFILE_NAME_MAX = 512;
/** NAME_MAX of limits.h: a longer one cannot be a file's name. */
const IMAGE_NAME_MAX = 255;
const PROFILE_NAME = /^[A-Za-z0-9._-]+$/;
/**
 * What OCI allows without `/`: components and separators of org.opencontainers.image.ref.name
 * (image-spec, annotations.md) and tags of the distribution spec.
 */
const IMAGE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._:@+-]*$/;
const IMAGE_REFERENCE = /^[A-Za-z0-9_][A-Za-z0-9._@+-]*$/;

const PROFILE_NAME_HINT = `Use 1 to ${PROFILE_NAME_MAX} of A-Z a-z 0-9 . _ -`;
const IMAGE_NAME_HINT = "Use letters, digits and . _ : @ + -, a letter or digit first";
const IMAGE_REFERENCE_HINT = "Use letters, digits and . _ @ + -, a letter or digit first";

/** A text that is no name. */
export class NameError extends TorcxError {
  /** What it should be, e.g. `an image name`. */
  readonly what: string;
  /** Why it is none, without the text. */
  readonly reason: string;

  constructor(what: string, text: string, { reason, hint }: { reason: string; hint: string }) {
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    super("invalid", `Cannot use ${quote(shown)} as ${what}: ${reason}`, { hint });
    this.what = what;
    this.reason = reason;
  }
}

function refuse(what: string, text: string, { reason, hint }: { reason: string; hint: string }): never {
  throw new NameError(what, text, { reason, hint });
}

/** Returns why a text is no name of this grammar, undefined if it is one. */
function findFault(text: string, grammar: RegExp, max: number): string | undefined {
  if (text === "") return "it is empty";
  if (text.length > max) return `it has ${text.length} characters, more than ${max}`;
  if (text === "." || text === "..") return "it names a directory";
  if (!grammar.test(text)) return "it holds a character that is not allowed";
  return undefined;
}

/**
 * Parses a profile's name.
 *
 * @throws {NameError} if it is none.
 */
export function parseProfileName(text: string): ProfileName {
  const fault = findFault(text, PROFILE_NAME, PROFILE_NAME_MAX);
  if (fault !== undefined) refuse("a profile name", text, { reason: fault, hint: PROFILE_NAME_HINT });
  return text as ProfileName;
}

/** Returns a text as a profile's name, undefined if it is none. */
export function toProfileName(text: string): ProfileName | undefined {
  return findFault(text, PROFILE_NAME, PROFILE_NAME_MAX) === undefined ? text as ProfileName : undefined;
}

/**
 * Parses an image's name.
 *
 * @throws {NameError} if it is none.
 */
export function parseImageName(text: string): ImageName {
  const fault = findFault(text, IMAGE_NAME, IMAGE_NAME_MAX);
  if (fault !== undefined) refuse("an image name", text, { reason: fault, hint: IMAGE_NAME_HINT });
  return text as ImageName;
}

/** Returns a text as an image's name, undefined if it is none. */
export function toImageName(text: string): ImageName | undefined {
  return findFault(text, IMAGE_NAME, IMAGE_NAME_MAX) === undefined ? text as ImageName : undefined;
}

/**
 * Parses an image's reference.
 *
 * @throws {NameError} if it is none.
 */
export function parseImageReference(text: string): ImageReference {
  const fault = findFault(text, IMAGE_REFERENCE, IMAGE_NAME_MAX);
  if (fault !== undefined) refuse("an image reference", text, { reason: fault, hint: IMAGE_REFERENCE_HINT });
  return text as ImageReference;
}

/** Returns a text as an image's reference, undefined if it is none. */
export function toImageReference(text: string): ImageReference | undefined {
  return findFault(text, IMAGE_REFERENCE, IMAGE_NAME_MAX) === undefined ? text as ImageReference : undefined;
}

/** Splits `NAME:REFERENCE` at the last colon; without a colon the reference is the default one. */
export function splitImage(text: string): { name: string; reference: string } {
  const colon = text.lastIndexOf(":");
  return colon < 0
    ? { name: text, reference: DEFAULT_REFERENCE }
    : { name: text.slice(0, colon), reference: text.slice(colon + 1) };
}

/** Returns `NAME:REFERENCE`. */
export function formatImage(image: { name: string; reference: string }): string {
  return `${image.name}:${image.reference}`;
}
