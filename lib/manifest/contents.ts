/**
 * Owns the kind `torcx-remote-contents-v1`: which images a remote has. It refuses to verify: the text that it
 * is handed has passed its signature.
 */

import { quote } from "../errors.ts";
import { type GoFile, type OnWarning, readWrittenManifest } from "./go_json.ts";
import { type ImageName, type ImageReference, parseImageName, parseImageReference } from "./names.ts";

const REMOTE_CONTENTS: GoFile<"torcx-remote-contents-v1"> = {
  shapes: {
    "torcx-remote-contents-v1": {
      fields: {
        images: {
          items: {
            fields: {
              defaultVersion: "string",
              name: "string",
              versions: {
                items: {
                  fields: { format: "string", hash: "string", location: "string", version: "string" },
                },
              },
            },
          },
        },
      },
    },
  },
  isValueRaw: true,
  isTailRefused: false,
};

/** One version of a remote image. */
export interface RemoteVersion {
  version: ImageReference;
  /** `tgz` or `squashfs`. */
  format: string;
  /** `ALGORITHM-HEX` or `ALGORITHM:HEX`; empty if the remote gives none. */
  hash: string;
  /** Relative to the base URL, or absolute. */
  location: string;
}

/** One image of a remote. */
export interface RemoteImage {
  name: ImageName;
  /** What the reference `com.coreos.cl` means. */
  defaultVersion?: ImageReference;
  versions: RemoteVersion[];
}

/** What a remote has. */
export interface RemoteContents {
  images: RemoteImage[];
}

/**
 * Parses a remote's contents.
 *
 * @param source the manifest's URL or path, for messages.
 * @throws {TorcxError} `invalid` if it has another kind or shape, or an illegal name.
 */
export function parseRemoteContents(
  data: string | Uint8Array<ArrayBuffer>,
  source: string,
  onWarning: OnWarning = () => {},
): RemoteContents {
  const { value } = readWrittenManifest(data, source, { file: REMOTE_CONTENTS, onWarning });
  const images = value.field("images").items().filter((item) => {
    const isNamed = (item.field("name").findString() ?? "") !== "";
    if (!isNamed) onWarning(`${quote(source)}: ${item.path} has no name: it is passed over`, "odd-json");
    return isNamed;
  }).map((item): RemoteImage => {
    const name = item.field("name").parseString(parseImageName);
    const versions = item.field("versions").items().map((version): RemoteVersion => {
      const location = version.field("location");
      if (location.asString() === "") location.refuse("expected a URL or a path");
      return {
        version: version.field("version").parseString(parseImageReference),
        format: version.field("format").findString() ?? "",
        hash: version.field("hash").findString() ?? "",
        location: location.asString(),
      };
    });
    const fallback = item.field("defaultVersion");
    // The first torcx's tools wrote an empty default where there is none.
    if ((fallback.findString() ?? "") === "") return { name, versions };
    return { name, defaultVersion: fallback.parseString(parseImageReference), versions };
  });
  return { images };
}
