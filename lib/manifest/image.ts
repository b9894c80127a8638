/**
 * Owns the kind `image-manifest-v0`, the file `/.torcx/manifest.json` of an image: which of its
 * files are propagated where. It refuses to resolve paths. Callers: image, apply.
 */

import { parseManifest } from "./json.ts";

/** Where an image keeps its manifest. */
export const IMAGE_MANIFEST_PATH = "/.torcx/manifest.json";

/** The kinds of assets, in the order in which they are propagated. */
export const ASSET_KINDS = ["bin", "network", "units", "sysusers", "tmpfiles", "udev_rules"] as const;
/** One of {@linkcode ASSET_KINDS}. */
export type AssetKind = (typeof ASSET_KINDS)[number];

/** An image's manifest. */
export interface ImageManifest {
  /** Absolute paths inside the image. */
  assets: Record<AssetKind, string[]>;
}

/** Returns the manifest of an image that has none: nothing is propagated. */
export function createEmptyImageManifest(): ImageManifest {
  return { assets: { bin: [], network: [], units: [], sysusers: [], tmpfiles: [], udev_rules: [] } };
}

/**
 * Parses an image's manifest.
 *
 * @param source which image and file it is, for messages.
 * @throws {TorcxError} `invalid` if it has another kind or shape, or a path is not absolute.
 */
export function parseImageManifest(text: string, source: string): ImageManifest {
  const { value } = parseManifest(text, source, ["image-manifest-v0"]);
  const manifest = createEmptyImageManifest();
  for (const kind of ASSET_KINDS) {
    manifest.assets[kind] = value.field(kind).items().map((item) => {
      const path = item.asString();
      if (!path.startsWith("/")) item.refuse("expected an absolute path inside the image");
      return path;
    });
  }
  return manifest;
}
