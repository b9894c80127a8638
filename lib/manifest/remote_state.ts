/**
 * Owns the kind `torcx-remote-state-v0`, the file BASE/`remotes/state.json`: when the newest contents were
 * signed that were accepted of each base URL. It refuses disk access.
 */

import { encodeManifest, parseManifest } from "./json.ts";

const KIND = "torcx-remote-state-v0";

/** When the newest accepted contents were signed, by evaluated base URL. */
export type RemoteState = Map<string, Date>;

/**
 * Parses the state.
 *
 * @throws {TorcxError} `invalid` if it has another kind or shape.
 */
export function parseRemoteState(text: string, source: string): RemoteState {
  const { value } = parseManifest(text, source, [KIND]);
  const state: RemoteState = new Map();
  for (const url of Object.keys(value.asObject())) {
    const time = value.field(url);
    const date = new Date(time.asString());
    if (Number.isNaN(date.getTime())) time.refuse("expected a time");
    state.set(url, date);
  }
  return state;
}

/** Returns the text of the state, base URLs sorted. */
export function encodeRemoteState(state: RemoteState): string {
  const entries = [...state].sort(([a], [b]) => a < b ? -1 : 1);
  return encodeManifest(KIND, Object.fromEntries(entries.map(([url, time]) => [url, time.toISOString()])));
}
