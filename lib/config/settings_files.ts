/**
 * Owns the files that settings are read from: the config file and os-release. Only what does not exist is
 * absent; what is there and cannot be read is an error. It refuses to judge the values.
 */

import { encodePath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { type ConfigFile, parseConfigFile } from "../manifest/config.ts";
import type { System } from "./system.ts";
import type { Root } from "../sys/root.ts";
import { isOsVersion, parseOsRelease } from "./os_release.ts";
import { CONFIG_FILE_KEYS } from "./setting_table.ts";

/** Takes what was passed over. */
export type Warn = (message: string) => void;

/**
 * Reads the config file; one that is absent sets nothing.
 *
 * @param isAskedFor whether the kernel command line names it: then it must exist.
 * @throws {TorcxError} `not_found` if it must exist and does not, `failed` if it cannot be read, `invalid`
 *   if it has a wrong shape.
 */
export function readConfigFile(
  { root, log }: Pick<System, "root" | "log">,
  path: string,
  { isAskedFor, warn }: { isAskedFor: boolean; warn: Warn },
): ConfigFile {
  let bytes;
  try {
    bytes = isAskedFor ? root.readFile(encodePath(path)) : root.findFile(encodePath(path));
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    if (!isErrno(cause, "ENOENT", "ENOTDIR")) {
      throw new TorcxError(
        "failed",
        `Cannot read settings: config file ${quote(path)} is there but unreadable`,
        { cause, hint: `Make ${quote(path)} a readable file, or remove it` },
      );
    }
    throw new TorcxError(
      "not_found",
      `Cannot read settings: config file ${
        quote(path)
      }, which torcx_config= on the kernel command line names, does not exist`,
      { cause, hint: "Put the file there, mount what it lies on, or take torcx_config= away" },
    );
  }
  if (bytes === undefined) {
    log.debug(`no config file ${quote(path)}`);
    return {};
  }
  log.debug(`config file ${quote(path)} read`);
  return parseConfigFile(bytes, path, { keys: CONFIG_FILE_KEYS, onWarning: warn });
}

/**
 * Reads os-release; one that is absent is a warning.
 *
 * @throws {TorcxError} `failed` if it cannot be read.
 */
export function readOsRelease(root: Root, path: string, { warn }: { warn: Warn }): Map<string, string> {
  let bytes;
  try {
    bytes = root.findFile(encodePath(path));
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError(
      "failed",
      `Cannot read settings: os-release file ${quote(path)} is there but unreadable`,
      { cause, hint: `Make ${quote(path)} a readable file: it names the versioned stores` },
    );
  }
  if (bytes === undefined) {
    warn(`no file ${quote(path)}`);
    return new Map();
  }
  // It is not refused for one odd byte in a pretty name.
  return parseOsRelease(new TextDecoder().decode(bytes));
}

/** Returns the VERSION_ID of os-release if it can name a directory; otherwise warns. */
export function pickVersionId(
  osRelease: ReadonlyMap<string, string>,
  path: string,
  { warn }: { warn: Warn },
): string | undefined {
  const version = osRelease.get("VERSION_ID");
  if (version === undefined || version === "") {
    warn(`no VERSION_ID in ${quote(path)}: versioned stores are left out`);
    return undefined;
  }
  if (!isOsVersion(version)) {
    warn(
      `VERSION_ID in ${quote(path)} cannot name a directory: versioned stores are left out`,
    );
    return undefined;
  }
  return version;
}
