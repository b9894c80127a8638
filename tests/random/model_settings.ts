/**
 * Owns the contract's words on settings, as a model: defaults, config file, environment, in this order, and which
 * directories are refused. It is written from the contract, not from the program.
 */

import type { ConfigValues } from "./documents.ts";
import type { FileTree, ThoughtFile } from "./file_tree.ts";
import type { ThoughtSystem } from "./systems.ts";

/** The system cannot be worked with; the text says why. */
export class Refusal extends Error {}

/** What the contract derives from a system. */
export interface ModelSettings {
  baseDir: string;
  runDir: string;
  confDir: string;
  usrDir: string;
  versionId: string | undefined;
  /** The stores in lookup order. */
  stores: string[];
  /** The profile directories, a later one over an earlier one. */
  profileDirs: string[];
  /** `torcx_profile=` of the kernel command line. */
  kernelProfile: string | undefined;
}

const SEAL_DIR = "/run/metadata";
const OEM_DIR = "/usr/share/oem/torcx";

/**
 * Reads the settings.
 *
 * @throws {Refusal} if they cannot be used.
 */
export function readSettings(
  { tree, environment, kernelCommandLine }: ThoughtSystem,
  { osVersion }: { osVersion?: string } = {},
): ModelSettings {
  const words = kernelCommandLine.replaceAll('"', "").split(" ");
  const getParameter = (name: string): string | undefined =>
    words.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const asked = getParameter("torcx_config");
  const config = readConfig(tree, asked ?? "/etc/torcx/config.json", asked !== undefined);
  const choose = (variable: string, fromFile: string | undefined, otherwise: string): string =>
    cleanPath(environment[variable] || fromFile || otherwise);
  const baseDir = choose("TORCX_BASEDIR", config.base_dir, "/var/lib/torcx");
  const runDir = choose("TORCX_RUNDIR", config.run_dir, "/run/torcx");
  const confDir = choose("TORCX_CONFDIR", config.conf_dir, "/etc/torcx");
  // The one that is ignored if it is not absolute.
  const usr = environment["TORCX_USR_MOUNTPOINT"];
  const usrDir = cleanPath(usr?.startsWith("/") ? usr : "/usr");
  const versionId = readVersion(tree, usrDir);
  const withVersion = (store: string, version: string | undefined): string[] =>
    version === undefined ? [store] : [`${store}/${version}`, store];
  const extra = (environment["TORCX_STOREPATH"] ?? "").split(":").filter((path) => path !== "");
  const listStores = (version: string | undefined): string[] => [
    `${usrDir}/share/torcx/store`,
    ...withVersion(`${OEM_DIR}/store`, version),
    ...(config.store_paths ?? []).map(cleanPath),
    ...withVersion(`${baseDir}/store`, version),
    ...extra.map(cleanPath),
  ];
  checkDirectories(tree, runDir, [baseDir, confDir, usrDir, ...listStores(versionId)]);
  return {
    baseDir,
    runDir,
    confDir,
    usrDir,
    versionId,
    stores: [...new Set(listStores(osVersion ?? versionId))],
    profileDirs: [`${usrDir}/share/torcx/profiles`, `${OEM_DIR}/profiles`, `${confDir}/profiles`],
    kernelProfile: getParameter("torcx_profile"),
  };
}

/** Only what does not exist is absent: all else that is no regular file is an error. */
export function readFile(tree: FileTree, path: string): ThoughtFile | undefined {
  const found = tree.lookUp(path);
  if (found === "ENOENT" || found === "ENOTDIR") return undefined;
  if (found === "ELOOP" || found.node.type !== "file") throw new Refusal(`${path} is there and unreadable`);
  return found.node;
}

/**
 * Returns an absolute path without empty, `.` and `..` components.
 *
 * @throws {Refusal} if it is not absolute.
 */
export function cleanPath(path: string): string {
  if (!path.startsWith("/")) throw new Refusal(`${path} is not absolute`);
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

function readConfig(tree: FileTree, path: string, isAsked: boolean): ConfigValues {
  const file = readFile(tree, path);
  if (file === undefined) {
    if (isAsked) throw new Refusal(`no ${path}, which the kernel command line names`);
    return {};
  }
  const { meaning } = file;
  if (meaning?.as !== "config" || meaning.values === undefined) {
    throw new Refusal(`${path} is no config file`);
  }
  return meaning.values;
}

function readVersion(tree: FileTree, usrDir: string): string | undefined {
  const meaning = readFile(tree, `${usrDir}/lib/os-release`)?.meaning;
  return meaning?.as === "os-release" ? meaning.versionId : undefined;
}

/** None may be `/`; RUN is nobody else's. */
function checkDirectories(tree: FileTree, runDir: string, others: readonly string[]): void {
  const [run, ...places] = [runDir, ...others].map((path) => findPlace(tree, path));
  if ([run, ...places].includes("/")) throw new Refusal("a directory is /");
  if (["/run", "/etc", "/var", "/usr"].map((path) => findPlace(tree, path)).includes(run!)) {
    throw new Refusal("the run directory is the system's");
  }
  for (const place of [...places, findPlace(tree, SEAL_DIR)]) {
    if (`${place}/`.startsWith(`${run}/`)) throw new Refusal(`${place} is in the run directory`);
  }
}

/** Where a path leads, or would once it is made: its symlinks are followed as far as there is something. */
function findPlace(tree: FileTree, path: string): string {
  let rest = "";
  for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const found = tree.lookUp(at);
    if (found === "ELOOP") throw new Refusal(`${path} has too many symlinks`);
    if (typeof found !== "string") return found.path === "/" ? rest || "/" : found.path + rest;
    const link = tree.lookUp(at, { isLastKept: true });
    if (typeof link !== "string" && link.node.type === "symlink") {
      return findPlace(tree, link.node.target + rest);
    }
    rest = at.slice(at.lastIndexOf("/")) + rest;
  }
  return rest;
}
