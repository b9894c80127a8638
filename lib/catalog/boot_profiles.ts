/**
 * Owns which profiles a boot applies: the lower ones (with the docker-1.12 rule), the upper one (option,
 * kernel command line or selector), and their merge. It refuses to look into stores.
 */

import { join } from "@std/path/posix/join";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { encodePath } from "../bytes.ts";
import { keepWarnings } from "../log.ts";
import { type ProfileName, toProfileName } from "../manifest/names.ts";
import type { System } from "../config/system.ts";
import { type MergedImage, mergeProfiles } from "./merge.ts";
import { getProfile, listProfiles, type ProfileFile, readProfile, readSelector } from "./profiles.ts";

const VENDOR = "vendor" as ProfileName;
const OEM = "oem" as ProfileName;

/** What a boot applies. */
export interface ProfileSelection {
  /** The lower profiles that exist, in order. */
  lower: ProfileName[];
  upper: ProfileName | undefined;
  /** Why the profile that was selected cannot be the upper one; undefined also if none was selected. */
  upperFault: string | undefined;
  images: MergedImage[];
  /** What was logged as a warning or an error on the way. */
  warnings: string[];
}

/** Options of {@linkcode selectProfiles}. */
export interface SelectProfilesOptions {
  /** The upper profile, instead of the kernel command line's and the selector's; it must exist. */
  profile?: ProfileName;
  /** Looks past the kernel command line, which is of this boot, not of the next one. Default false. */
  isNextBoot?: boolean;
  /** Whether an upper profile that is missing, empty or unknown is a warning (boot) or an error. */
  onUnknown: "warn" | "error";
}

type Profiles = ReadonlyMap<ProfileName, ProfileFile>;

/**
 * Selects, reads and merges the profiles of the next boot.
 *
 * @throws {TorcxError} `not_found` if `options.profile` does not exist, or, with `onUnknown: "error"`,
 *   there is no upper profile; `failed` if a profile cannot be read or parsed, or a directory of profiles,
 *   the selector or the docker flag is there and cannot be read.
 */
export function selectProfiles(
  { root, settings, log: outerLog }: System,
  options: SelectProfilesOptions,
): ProfileSelection {
  const warnings: string[] = [...settings.warnings];
  const log = keepWarnings(outerLog, warnings);
  const system: System = { root, settings, log };
  const profiles = listProfiles(system);
  const vendor = pickVendor(system, profiles);
  const lower = [vendor, OEM].filter((name) => profiles.has(name));
  const { upper, upperFault } = options.profile === undefined
    ? pickUpper(system, profiles, options)
    : { upper: getProfile(profiles, options.profile).name, upperFault: undefined };
  const names = upper === undefined ? lower : [...lower, upper];
  const list = names.map((name) => ({
    name,
    profile: readProfile(system, profiles.get(name)!),
  }));
  return { lower, upper, upperFault, images: mergeProfiles(list), warnings };
}

/** The docker-1.12 rule: COREOS/docker-1.12 may replace the vendor profile. */
function pickVendor({ root, settings, log }: System, profiles: Profiles): ProfileName {
  const path = join(settings.paths.coreosDir, "docker-1.12");
  let value;
  try {
    value = new TextDecoder().decode(root.readFile(encodePath(path))).trim();
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return VENDOR;
    // What is no regular file, or far too large, is as good as another value.
    if (cause instanceof TorcxError && cause.code === "invalid") {
      log.warning(`ignoring ${quote(path)}: ${cause.message}`);
      return VENDOR;
    }
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", `Cannot select the vendor profile: ${quote(path)} cannot be read`, {
      cause,
    });
  }
  if (value !== "yes" && value !== "no") {
    log.warning(`ignoring ${quote(path)}: it holds neither "yes" nor "no"`);
    return VENDOR;
  }
  const name = `docker-1.12-${value}` as ProfileName;
  if (profiles.has(name)) return name;
  log.error(`cannot replace the vendor profile as ${quote(path)} asks: no profile ${quote(name)}`);
  return VENDOR;
}

function pickUpper(
  system: System,
  profiles: Profiles,
  { isNextBoot = false, onUnknown }: SelectProfilesOptions,
): Pick<ProfileSelection, "upper" | "upperFault"> {
  const { root, settings, log } = system;
  const text = isNextBoot ? undefined : settings.bootProfileText;
  try {
    const upper = text === undefined
      ? getNextProfile(system, profiles)
      : checkUpper(profiles, text, "torcx_profile= on the kernel command line");
    return { upper, upperFault: undefined };
  } catch (error) {
    // A selector that cannot be read may name any profile: that is no reason to boot without it.
    if (onUnknown === "error" || !(error instanceof TorcxError) || error.code !== "not_found") throw error;
    log.warning(`going on without an upper profile: ${error.message}`);
    // Without a selector, or with `torcx_profile=`, none was asked for; an empty selector was cut off.
    const isSelected = text === undefined
      ? root.findLstat(encodePath(settings.paths.selector)) !== undefined
      : text !== "";
    return { upper: undefined, upperFault: isSelected ? error.message : undefined };
  }
}

/**
 * Gets the upper profile that the selector names.
 *
 * @throws {TorcxError} `not_found` if it names none that exists, `failed` if it cannot be read.
 */
export function getNextProfile(system: System, profiles: Profiles): ProfileName {
  const { settings } = system;
  const source = `selector ${quote(settings.paths.selector)}`;
  let text: string | undefined;
  try {
    text = readSelector(system);
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", `${CANNOT_FIND}: ${source} cannot be read`, {
      cause,
      hint: SET_NEXT_HINT,
    });
  }
  return checkUpper(profiles, text, source);
}

const CANNOT_FIND = "Cannot find the next profile";
const SET_NEXT_HINT = 'Choose one with "torcx profile set-next NAME"';

function checkUpper(profiles: Profiles, text: string | undefined, source: string): ProfileName {
  const refuse = (state: string): never => {
    throw new TorcxError("not_found", `${CANNOT_FIND}: ${source} ${state}`, { hint: SET_NEXT_HINT });
  };
  if (text === undefined) return refuse("does not exist");
  if (text === "") return refuse("is empty");
  const words = text.split(/\s+/);
  if (words.length > 1 && words.every((word) => toProfileName(word) !== undefined)) {
    // What it holds is not shown: it may be another file's content.
    return refuse(`holds ${words.length} names, it takes one`);
  }
  const name = toProfileName(text);
  if (name === undefined) return refuse("holds no legal profile name");
  if (!profiles.has(name)) return refuse(`names profile ${quote(name)}, which does not exist`);
  return name;
}
