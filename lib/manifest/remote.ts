/**
 * Owns the kind `remote-manifest-v0`: where a remote is and which keyrings may sign for it. It refuses to
 * fetch or verify.
 */

import { type GoFile, type OnWarning, readWrittenManifest } from "./go_json.ts";

const REMOTE_MANIFEST: GoFile<"remote-manifest-v0"> = {
  shapes: {
    "remote-manifest-v0": {
      fields: {
        base_url: "string",
        keys: { items: { fields: { armored_keyring: "string", minisign: "string" } } },
      },
    },
  },
  isValueRaw: false,
  isTailRefused: false,
};

/** A remote's manifest. */
export interface RemoteManifest {
  /** With `${VARIABLES}` not expanded yet. */
  baseUrl: string;
  /** Paths of armored keyrings, relative to the manifest. */
  keyrings: string[];
  /** Public keys of minisign(1) or signify(1), `RW…`; new here, the first torcx passes over them. */
  minisignKeys: string[];
}

/**
 * Parses a remote's manifest.
 *
 * @param source the file's path, for messages.
 * @throws {TorcxError} `invalid` if it has another kind or shape.
 */
export function parseRemoteManifest(
  data: string | Uint8Array<ArrayBuffer>,
  source: string,
  onWarning: OnWarning = () => {},
): RemoteManifest {
  const { value } = readWrittenManifest(data, source, { file: REMOTE_MANIFEST, onWarning });
  const url = value.field("base_url");
  const baseUrl = url.asString();
  if (baseUrl === "") url.refuse("expected a URL");
  const listKeys = (field: string): string[] =>
    value.field("keys").items().map((item) => item.field(field).findString() ?? "")
      .filter((text) => text !== "");
  return { baseUrl, keyrings: listKeys("armored_keyring"), minisignKeys: listKeys("minisign") };
}
