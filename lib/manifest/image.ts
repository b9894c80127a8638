/**
 * Owns the kind `image-manifest-v0`, the file `/.torcx/manifest.json` of an image: which of its files are
 * propagated where. It refuses to resolve paths.
 */

import { ASSET_KINDS, type AssetKind } from "./asset_kinds.ts";
import { type GoFile, readWrittenManifest } from "./go_json.ts";

/** Where an image keeps its manifest. */
export const IMAGE_MANIFEST_PATH = "/.torcx/manifest.json";

const IMAGE_MANIFEST: GoFile<"image-manifest-v0"> = {
  shapes: {
    "image-manifest-v0": {
      fields: Object.fromEntries(ASSET_KINDS.map((kind) => [kind, { items: "string" } as const])),
    },
  },
  isValueRaw: false,
  isTailRefused: true,
};

/** An image's manifest. */
export interface ImageManifest {
  /** Absolute paths inside the image. */
  assets: Record<AssetKind, string[]>;
  /** What is odd in it; each names the file. */
  warnings: string[];
}

/** Returns the manifest of an image that has none: nothing is propagated. */
export function createEmptyImageManifest(): ImageManifest {
  const assets = Object.fromEntries(ASSET_KINDS.map((kind): [AssetKind, string[]] => [kind, []]));
  return { assets: assets as Record<AssetKind, string[]>, warnings: [] };
}

/**
 * Parses an image's manifest.
 *
 * @param source which image and file it is, for messages.
 * @throws {TorcxError} `invalid` if it has another kind or shape, or a path is not absolute.
 */
export function parseImageManifest(data: string | Uint8Array<ArrayBuffer>, source: string): ImageManifest {
  const manifest = createEmptyImageManifest();
  const onWarning = (message: string): void => void manifest.warnings.push(message);
  const { value } = readWrittenManifest(data, source, IMAGE_MANIFEST, onWarning);
  for (const kind of ASSET_KINDS) {
    manifest.assets[kind] = value.field(kind).items().map((item) => {
      const path = item.asString();
      if (!path.startsWith("/")) item.refuse("expected an absolute path inside the image");
      return path;
    });
  }
  return manifest;
}
