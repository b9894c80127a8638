/**
 * Owns what a remote's `base_url` stands for on this system: its variables, its scheme, its final slash. It
 * refuses to ask for it.
 */

import { resolve } from "@std/path/posix/resolve";
import { quote, TorcxError } from "../errors.ts";

/** A base URL, evaluated. */
export interface BaseUrl {
  /** Ends with a slash, has no query and no fragment. */
  url: URL;
  /** The variables in it. */
  variables: readonly string[];
  /**
   * The directory of a `file` remote below the USR mountpoint, which the OS image vouches for; undefined for
   * every other one.
   */
  usrDirectory: string | undefined;
}

/** What the variables stand for. */
export interface UrlVariables {
  /** The USR mountpoint. */
  usrDir: string;
  /** Its os-release, by key. */
  osRelease: ReadonlyMap<string, string>;
}

const OS_RELEASE_VARIABLES = ["COREOS_BOARD", "VERSION_ID", "ID"] as const;
const USR_VARIABLE = "COREOS_USR";
const SCHEMES: readonly string[] = ["https:", "http:", "file:"];
const VARIABLE = /\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;

/**
 * Evaluates a base URL.
 *
 * @throws {TorcxError} `invalid` if a variable is unknown, missing or empty, or the result is no URL of an
 *   allowed scheme.
 */
export function evaluateBaseUrl(text: string, { usrDir, osRelease }: UrlVariables): BaseUrl {
  const refuse = (state: string, hint?: string): never => {
    throw new TorcxError(
      "invalid",
      `Cannot use base_url ${quote(text)}: ${state}`,
      hint === undefined ? {} : { hint },
    );
  };
  const variables: string[] = [];
  const expanded = text.replace(VARIABLE, (_match, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? "";
    variables.push(name);
    if (name === USR_VARIABLE) return usrDir;
    if (!OS_RELEASE_VARIABLES.some((known) => known === name)) {
      const known = [USR_VARIABLE, ...OS_RELEASE_VARIABLES].map((one) => `\${${one}}`).join(", ");
      return refuse(`it uses the unknown variable ${quote(name)}`, `Use ${known}`);
    }
    const value = osRelease.get(name) ?? "";
    if (value === "") return refuse(`os-release of ${quote(usrDir)} has no ${name}`);
    return value;
  });
  if (!URL.canParse(expanded)) return refuse(`${quote(expanded)} is no URL`);
  const url = new URL(expanded);
  if (!SCHEMES.includes(url.protocol)) {
    return refuse(
      `the scheme ${quote(url.protocol.slice(0, -1))} is not supported`,
      "Use https, http or file",
    );
  }
  if (url.protocol === "file:" && url.host !== "") return refuse(`it names the host ${quote(url.host)}`);
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return { url, variables, usrDirectory: findUsrDirectory(url, usrDir) };
}

function findUsrDirectory(url: URL, usrDir: string): string | undefined {
  if (url.protocol !== "file:") return undefined;
  const directory = resolve("/", decodeUrlPath(url));
  const usr = resolve("/", usrDir);
  return directory.startsWith(usr === "/" ? "/" : `${usr}/`) ? directory : undefined;
}

/**
 * Returns the path that a `file` URL names.
 *
 * @throws {TorcxError} `invalid` if it is no UTF-8.
 */
export function decodeUrlPath(url: URL): string {
  try {
    return decodeURIComponent(url.pathname);
  } catch (cause) {
    throw new TorcxError("invalid", `Cannot use ${quote(url.href)}: its path is no UTF-8`, { cause });
  }
}
