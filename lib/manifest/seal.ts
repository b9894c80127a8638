/**
 * Owns the text of the seal file (`/run/metadata/torcx`): `KEY="value"` lines that systemd reads as an
 * EnvironmentFile and users' wrappers source in a shell. It refuses to touch the disk.
 */

import { quote, TorcxError } from "../errors.ts";

/** What the seal file says of the applied profile. */
export interface SealValues {
  /** Names of the lower profiles, in order of merging. */
  lowerProfiles: string[];
  /** Name of the upper profile, empty if there was none. */
  upperProfile: string;
  /** Path of the merged run profile. */
  profilePath: string;
  binDir: string;
  unpackDir: string;
}

const KEYS = [
  "TORCX_LOWER_PROFILES",
  "TORCX_UPPER_PROFILE",
  "TORCX_PROFILE_PATH",
  "TORCX_BINDIR",
  "TORCX_UNPACKDIR",
] as const;

/** Returns the seal file's text. */
export function encodeSeal(values: SealValues): string {
  const fields = [
    values.lowerProfiles.join(":"),
    values.upperProfile,
    values.profilePath,
    values.binDir,
    values.unpackDir,
  ];
  // Both readers, systemd.exec(5) and sh(1), take a backslash before these four inside double quotes.
  const escape = (text: string): string => text.replace(/["\\`$]/g, "\\$&");
  return KEYS.map((key, index) => `${key}="${escape(fields[index]!)}"\n`).join("");
}

/**
 * Parses a seal file.
 *
 * @param source the file's path, for messages.
 * @throws {TorcxError} `invalid` if a line has another form or a key is missing.
 */
export function parseSeal(text: string, source: string): SealValues {
  const found = new Map<string, string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const match = /^([A-Z0-9_]+)="((?:[^"\\]|\\.)*)"$/.exec(line);
    if (match === null) {
      throw new TorcxError(
        "invalid",
        `Cannot parse seal file ${quote(source)}: line ${index + 1} is not KEY="value"`,
      );
    }
    found.set(match[1]!, match[2]!.replace(/\\(["\\`$])/g, "$1"));
  }
  const get = (key: (typeof KEYS)[number]): string => {
    const value = found.get(key);
    if (value !== undefined) return value;
    throw new TorcxError("invalid", `Cannot parse seal file ${quote(source)}: ${key} is missing`);
  };
  const lower = get("TORCX_LOWER_PROFILES");
  return {
    lowerProfiles: lower === "" ? [] : lower.split(":"),
    upperProfile: get("TORCX_UPPER_PROFILE"),
    profilePath: get("TORCX_PROFILE_PATH"),
    binDir: get("TORCX_BINDIR"),
    unpackDir: get("TORCX_UNPACKDIR"),
  };
}
