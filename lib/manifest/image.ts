/**
 * Owns the kind `image-manifest-v0`, the file `/.torcx/manifest.json` of an image: which of its files are
 * propagated where. It refuses to resolve paths.
 */

import { ASSET_KINDS, type AssetKind } from "./asset_kinds.ts";
import { quote } from "../errors.ts";
import type { JsonWarningCode } from "./go_decoder.ts";
import { type GoFile, readWrittenManifest } from "./go_json.ts";
import type { JsonCursor } from "./json.ts";

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

/** What is odd about an image's manifest, for programs. */
export type ImageManifestWarningCode = JsonWarningCode | "odd-path";

/** Something odd about an image's manifest. */
export interface ImageManifestWarning {
  code: ImageManifestWarningCode;
  /** It names the file. */
  message: string;
}

/** An image's manifest. */
export interface ImageManifest {
  /** Absolute paths inside the image. */
  assets: Record<AssetKind, string[]>;
  /** What is odd in it. */
  warnings: ImageManifestWarning[];
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
 * @throws {TorcxError} `invalid` if it has another kind or shape.
 */
export function parseImageManifest(data: string | Uint8Array<ArrayBuffer>, source: string): ImageManifest {
  const manifest = createEmptyImageManifest();
  const warn = (message: string, code: ImageManifestWarningCode): void =>
    void manifest.warnings.push({ code, message });
  const parsePath = (item: JsonCursor): string[] => {
    const path = item.asString();
    if (path.startsWith("/")) return [path];
    // The first torcx joined each to the image's root.
    if (path !== "") {
      warn(`${quote(source)}: ${item.path}, ${quote(path)}, counts as ${quote(`/${path}`)}`, "odd-path");
    } else warn(`${quote(source)}: ${item.path} is empty: it is passed over`, "odd-path");
    return path === "" ? [] : [`/${path}`];
  };
  const { value } = readWrittenManifest(data, source, { file: IMAGE_MANIFEST, onWarning: warn });
  for (const kind of ASSET_KINDS) {
    manifest.assets[kind] = value.field(kind).items().flatMap(parsePath);
  }
  return manifest;
}
