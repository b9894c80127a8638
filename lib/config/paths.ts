/**
 * Owns the derivation of every path from the settings' directories, and what a directory's text must
 * look like. It refuses disk access.
 */

import { join } from "@std/path/posix/join";

/** Where the OEM keeps profiles, stores and remotes, wherever USR is mounted. */
const OEM_DIR = "/usr/share/oem/torcx";
/** The seal: systemd units and users' wrappers read it. */
export const SEAL_PATH = "/run/metadata/torcx";

/** The directories that settings may change. */
export interface Directories {
  baseDir: string;
  runDir: string;
  confDir: string;
  usrDir: string;
}

/** Every path that follows from the directories; all are inside the root. */
export interface Paths {
  /** Where programs are linked. */
  binDir: string;
  /** Where images are unpacked and mounted. */
  unpackDir: string;
  /** The merged profile of the running system. */
  runProfile: string;
  /** What the apply of this boot did, or why it failed. */
  report: string;
  /** The file that names the upper profile of the next boot. */
  selector: string;
  userProfiles: string;
  userStore: string;
  userRemotes: string;
  seal: string;
  vendorDir: string;
  oemDir: string;
  /** Where `docker-1.12` lies. */
  coreosDir: string;
}

/** Derives all paths. */
export function derivePaths({ baseDir, runDir, confDir, usrDir }: Directories): Paths {
  return {
    binDir: join(runDir, "bin"),
    unpackDir: join(runDir, "unpack"),
    runProfile: join(runDir, "profile.json"),
    report: join(runDir, "report.json"),
    selector: join(confDir, "next-profile"),
    userProfiles: join(confDir, "profiles"),
    userStore: join(baseDir, "store"),
    userRemotes: join(confDir, "remotes"),
    seal: SEAL_PATH,
    vendorDir: join(usrDir, "share/torcx"),
    oemDir: OEM_DIR,
    coreosDir: join(confDir, "../coreos"),
  };
}

/** Returns why a text cannot be a directory setting, undefined if it can. */
export function findPathFault(path: string): string | undefined {
  if (!path.startsWith("/")) return "it is not an absolute path";
  // deno-lint-ignore no-control-regex -- such a path would break lines of the seal and of units
  if (/[\x00-\x1f\x7f]/.test(path)) return "it holds a control character";
  return undefined;
}
