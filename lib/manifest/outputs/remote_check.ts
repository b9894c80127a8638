/** Owns the output kind `torcx-remote-check-v0`: what a remote answered, and what profiles want of it. */

import { encodeJson } from "../json.ts";

/** The kind of what `torcx remote check` prints. */
export const REMOTE_CHECK_KIND = "torcx-remote-check-v0";

/** An image that a profile wants of a remote. */
export interface RemoteWant {
  profile_name: string;
  name: string;
  reference: string;
  /** Where it would be fetched from; null if the remote has it not. */
  source_url: string | null;
  /** Why it cannot be had; null if it can. */
  error: string | null;
}

/** What was found out. */
export interface RemoteCheckOutput {
  name: string;
  /** Its base URL, or the directory of a remote that is read in place. */
  url: string;
  /** Where the contents came from; null of a remote that is read in place. */
  contents_url: string | null;
  signed_by: string | null;
  /** ISO 8601. */
  signed_at: string | null;
  /** When the key ends, ISO 8601; null if it does not. */
  key_expires: string | null;
  /** How many images the contents name; null of a remote that is read in place. */
  images: number | null;
  wanted: RemoteWant[];
}

/** Returns what was found out as JSON. */
export function encodeRemoteCheck(value: RemoteCheckOutput): string {
  return encodeJson({ kind: REMOTE_CHECK_KIND, value });
}
