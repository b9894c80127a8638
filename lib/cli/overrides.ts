/**
 * Owns which files of the system have the name of an asset, and which of the two takes effect: every
 * kind has directories before and after the one in /run. It only reads.
 */

import { TARGET_DIRS } from "../apply/propagate.ts";
import { encodePath } from "../bytes.ts";
import type { Settings } from "../config/settings.ts";
import type { AssetKind } from "../manifest/image.ts";
import type { ReportPlace } from "../manifest/report.ts";
import type { Root } from "../sys/root.ts";

/** An asset and a file of the system of the same name, of which only one takes effect. */
export interface Override extends ReportPlace {
  /** The system's file. */
  path: string;
  /** Whether the system's file takes effect, not the image's. */
  isHidden: boolean;
}

/** The directories of a kind that come before and after the one in /run, in their order. */
interface SearchPath {
  before: readonly string[];
  after: readonly string[];
}

function makeSearchPath(name: string): SearchPath {
  return { before: [`/etc/${name}`], after: [`/usr/local/lib/${name}`, `/usr/lib/${name}`] };
}

/** systemd.unit(5), systemd.network(5), sysusers.d(5), tmpfiles.d(5), udev(7). */
const SEARCH_PATHS: Record<Exclude<AssetKind, "bin">, SearchPath> = {
  units: {
    before: ["/etc/systemd/system.control", "/run/systemd/system.control", "/etc/systemd/system"],
    after: makeSearchPath("systemd/system").after,
  },
  network: makeSearchPath("systemd/network"),
  sysusers: makeSearchPath("sysusers.d"),
  tmpfiles: makeSearchPath("tmpfiles.d"),
  udev_rules: makeSearchPath("udev/rules.d"),
};

/** Lists the system's files of an asset's name, those that take effect first. */
export function listOverrides(
  root: Root,
  settings: Settings,
  { image, kind, from, to }: ReportPlace,
): Override[] {
  if (kind === "bin") return [];
  const { before, after } = SEARCH_PATHS[kind];
  const name = to.slice(TARGET_DIRS[kind].length);
  const make = (directory: string, isHidden: boolean): Override => ({
    image,
    kind,
    from,
    to,
    path: directory.replace(/^\/usr(?=\/lib\/)/, settings.usrDir) + name,
    isHidden,
  });
  return [...before.map((directory) => make(directory, true)), ...after.map((item) => make(item, false))]
    .filter(({ path }) => root.findLstat(encodePath(path)) !== undefined);
}

/** Finds the system's file that takes effect instead of an asset. */
export function findOverride(root: Root, settings: Settings, place: ReportPlace): string | undefined {
  return listOverrides(root, settings, place).find(({ isHidden }) => isHidden)?.path;
}
