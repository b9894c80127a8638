/** Owns the output kind `torcx-remote-v0`: one remote as it is configured, and what that means here. */

import { encodeJson } from "../json.ts";

/** The kind of what `torcx remote show` prints. */
export const REMOTE_KIND = "torcx-remote-v0";

/** A remote. */
export interface RemoteOutput {
  name: string;
  layer: "vendor" | "oem" | "user";
  /** Of its `remote.json`. */
  path: string;
  /** As it is written, with variables. */
  base_url: string;
  /** The base URL on this system; null if it cannot be used. */
  url: string | null;
  /** The directory whose archives are read in place, below the USR mountpoint; null of every other remote. */
  directory: string | null;
  /** Paths of OpenPGP keyrings. */
  keyrings: string[];
  /** Public keys of minisign. */
  minisign_keys: string[];
  /** Why it cannot be used; null if it can. */
  fault: string | null;
}

/** Returns the remote as JSON. */
export function encodeRemote(value: RemoteOutput): string {
  return encodeJson({ kind: REMOTE_KIND, value });
}
