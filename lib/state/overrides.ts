/**
 * Owns which files of the system have the name of an asset, and which of the two takes effect: every
 * kind has directories before and after the one in /run. It only reads.
 */

import { encodePath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import { ASSET_KIND_TABLE } from "../manifest/asset_kinds.ts";
import type { ReportAsset, ReportPlace } from "../manifest/report.ts";

/** An asset and a file of the system of the same name, of which only one takes effect. */
export interface Override extends ReportPlace {
  /** The system's file. */
  path: string;
  /** Whether the system's file takes effect, not the image's. */
  isHidden: boolean;
}

/** What has a place: an asset, of which one that is a directory hides nothing and is not hidden. */
export type OverridePlace = ReportPlace & Partial<Pick<ReportAsset, "is_directory">>;

/** Lists the system's files of an asset's name, those that take effect first. */
export function listOverrides(
  { root, settings }: System,
  { image, kind, from, to, is_directory }: OverridePlace,
): Override[] {
  const { targetDir, before, after } = ASSET_KIND_TABLE[kind];
  // Of directories of one name all files count.
  if (targetDir === undefined || is_directory === true) return [];
  const name = to.slice(targetDir.length);
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
export function findOverride(system: System, place: OverridePlace): string | undefined {
  return listOverrides(system, place).find(({ isHidden }) => isHidden)?.path;
}
