/** Owns the output kind `torcx-remote-list-v0`: the remotes that are configured. */

import { encodeJson } from "../json.ts";

/** The kind of what `torcx remote list` prints. */
export const REMOTE_LIST_KIND = "torcx-remote-list-v0";

/** One remote. */
export interface RemoteListItem {
  name: string;
  layer: "vendor" | "oem" | "user";
  /** Of its `remote.json`. */
  path: string;
  /** Its base URL on this system; null if it cannot be used. */
  url: string | null;
  /** Why it cannot be used; null if it can. */
  fault: string | null;
}

/** Returns the remotes as JSON. */
export function encodeRemoteList(value: readonly RemoteListItem[]): string {
  return encodeJson({ kind: REMOTE_LIST_KIND, value });
}
