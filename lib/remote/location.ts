/**
 * Owns which file of a remote is an image, and where: the version that a reference means, the first format,
 * the URL of its location, its name. It refuses to ask for it.
 */

import { quote, TorcxError } from "../errors.ts";
import { type ArchiveFormat, parseArchiveName } from "../catalog/stores.ts";
import { type Digest, parseDigest } from "../manifest/digest.ts";
import type { RemoteContents, RemoteVersion } from "../manifest/contents.ts";
import { DEFAULT_REFERENCE, formatImage, type ImageName, type ImageReference } from "../manifest/names.ts";

/** A file of a remote that holds an image. */
export interface RemoteFile {
  name: ImageName;
  /** The version that the reference means. */
  reference: ImageReference;
  format: ArchiveFormat;
  url: URL;
  /** The archive's file name, `NAME:REFERENCE.torcx.FORMAT`. */
  file: string;
  /** Undefined only where unverified files are allowed and the remote gives none. */
  digest: Digest | undefined;
}

/** Options of {@linkcode findRemoteFile}. */
export interface FindRemoteFileOptions {
  /** The base URL that locations are relative to. */
  baseUrl: URL;
  /** The format that is wanted; by default the first one listed. */
  format?: ArchiveFormat | undefined;
  /** Accepts an entry without a hash. Default false. */
  isUnverifiedAllowed?: boolean;
}

const FORMATS: readonly ArchiveFormat[] = ["tgz", "squashfs"];
/** With `//`, or it is a relative name with a colon in it, as archives have. */
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;

/**
 * Finds the file of an image in a remote's contents.
 *
 * @throws {TorcxError} `not_found` if the remote has no such image, version or format; `invalid` if the
 *   entry's location, name or hash cannot be used.
 */
export function findRemoteFile(
  contents: RemoteContents,
  image: { name: ImageName; reference: string },
  { baseUrl, format, isUnverifiedAllowed = false }: FindRemoteFileOptions,
): RemoteFile {
  const wanted = quote(formatImage(image));
  const missing = (state: string, hint?: string): never => {
    throw new TorcxError("not_found", `Cannot find image ${wanted} in the remote: ${state}`, {
      ...hint === undefined ? {} : { hint },
    });
  };
  const entries = contents.images.filter(({ name }) => name === image.name);
  if (entries.length === 0) return missing("it has no image of this name");
  const reference = image.reference !== DEFAULT_REFERENCE
    ? image.reference
    : entries.find(({ defaultVersion }) => defaultVersion !== undefined)?.defaultVersion ??
      missing(`the reference ${quote(DEFAULT_REFERENCE)} means its default version, and it names none`);
  const versions = entries.flatMap((entry) => entry.versions).filter(({ version }) => version === reference);
  if (versions.length === 0) {
    const known = entries.flatMap((entry) => entry.versions).map(({ version }) => version);
    return missing(
      `it has no version ${quote(reference)}`,
      known.length === 0 ? undefined : `It has ${[...new Set(known)].map(quote).join(", ")}`,
    );
  }
  const usable = versions.filter((version) => FORMATS.some((known) => known === version.format));
  const chosen = usable.find((version) => format === undefined || version.format === format);
  if (chosen === undefined) {
    const offered = versions.map((version) => quote(version.format)).join(", ");
    return missing(`it has it as ${offered}${format === undefined ? "" : `, not as ${quote(format)}`}`);
  }
  return makeRemoteFile(image.name, chosen, { baseUrl, isUnverifiedAllowed });
}

function makeRemoteFile(
  name: ImageName,
  entry: RemoteVersion,
  { baseUrl, isUnverifiedAllowed }: { baseUrl: URL; isUnverifiedAllowed: boolean },
): RemoteFile {
  const format = FORMATS.find((known) => known === entry.format)!;
  const refuse = (state: string, cause?: unknown): never => {
    throw new TorcxError(
      "invalid",
      `Cannot use the remote's entry of ${quote(formatImage({ name, reference: entry.version }))}: ${state}`,
      cause === undefined ? {} : { cause },
    );
  };
  const url = resolveLocation(entry.location, { baseUrl, refuse });
  const file = decodeFileName(url, refuse);
  const archive = parseArchiveName(file, "");
  const isNamed = archive?.name === name && archive.reference === entry.version && archive.format === format;
  const expected = `${name}:${entry.version}.torcx.${format}`;
  if (!isNamed || file !== expected) {
    return refuse(`its location names ${quote(file)}, not ${quote(expected)}`);
  }
  if (entry.hash === "" && isUnverifiedAllowed) {
    return { name, reference: entry.version, format, url, file, digest: undefined };
  }
  try {
    return { name, reference: entry.version, format, url, file, digest: parseDigest(entry.hash) };
  } catch (cause) {
    return refuse("its hash cannot be used", cause);
  }
}

/** Returns where a location leads: below the base, or to an absolute URL. */
function resolveLocation(
  location: string,
  { baseUrl, refuse }: { baseUrl: URL; refuse: (state: string) => never },
): URL {
  const isAbsolute = ABSOLUTE.test(location);
  // A leading slash is below the base, too: the first torcx joined the two.
  const text = isAbsolute ? location : `./${location.replace(/^\/+/, "")}`;
  if (!URL.canParse(text, baseUrl)) return refuse(`its location ${quote(location)} is no URL`);
  const url = new URL(text, baseUrl);
  url.hash = "";
  const schemes = ["https:", "http:", ...baseUrl.protocol === "file:" ? ["file:"] : []];
  // What a server says must not make a file of this machine an image.
  if (!schemes.includes(url.protocol)) {
    return refuse(`its location ${quote(location)} has a scheme that is not allowed here`);
  }
  if (url.protocol === "file:" && url.host !== "") {
    return refuse(`its location ${quote(location)} names a host`);
  }
  return url;
}

function decodeFileName(url: URL, refuse: (state: string, cause?: unknown) => never): string {
  const last = url.pathname.slice(url.pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last);
  } catch (cause) {
    return refuse(`its location ends in ${quote(last)}, which is no UTF-8`, cause);
  }
}
