/**
 * Owns the judgement of what an apply propagated: whether each link and each copied file is still what
 * was made, and what else lies among the links of programs. It only reads.
 */

import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import type { System } from "../config/system.ts";
import { isErrno, listMessages, quote, TorcxError } from "../errors.ts";
import { type ApplyReport, decodeAssetNames, type ReportAsset } from "../manifest/report.ts";
import { type FileStat, formatMode } from "../sys/file_stat.ts";
import type { Root } from "../sys/root.ts";
import { computeDigest } from "../sys/digest.ts";
import type { DriftFact } from "./drift_kinds.ts";
import { isRunName } from "./run_state.ts";

/** Set-group-ID: what is made in such a directory gets its group. */
const S_ISGID = 0o2000;

/** Returns what is not as it was made, asset by asset. */
export function findAssetFaults(root: Root, report: ApplyReport): DriftFact[] {
  return report.assets.flatMap((asset): DriftFact[] => {
    const names = decodeAssetNames(asset);
    const title = `${quote(asset.to)} of image ${quote(asset.image)}`;
    try {
      const stat = root.findLstat(names.to);
      if (stat === undefined) return [{ kind: "asset_gone", message: `${title} is gone` }];
      const linkText = names.linkText ?? (isOldLink(asset) ? names.from : undefined);
      const faults = linkText !== undefined
        ? judgeLink(root, stat, { path: names.to, text: linkText })
        : asset.is_directory
        ? judgeDirectory(asset, stat)
        : isCopy(asset)
        ? judgeCopy(root, asset, { ...names, stat })
        : [];
      if (asset.kind === "bin" && faults.length === 0 && root.findStat(names.from) === undefined) {
        return [{ kind: "tree", message: `${quote(asset.from)}, the file of ${title}, is gone` }];
      }
      return faults.map((state) => ({ kind: "asset_changed", message: `${title} ${state}` }));
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      // Who is not root cannot read everything: that says nothing of the system.
      const kind = isErrno(error, "EACCES", "EPERM") ? "not_readable" : "asset_changed";
      return [{ kind, message: `${title} cannot be looked at: ${listMessages(error).join(": ")}` }];
    }
  });
}

/** Reports of earlier versions tell neither link from copy nor what a link's text is. */
function isOldLink({ kind, link_text, mode }: ReportAsset): boolean {
  return kind === "bin" && link_text === null && mode === null;
}

function isCopy({ mode }: ReportAsset): boolean {
  return mode !== null;
}

function judgeLink(
  root: Root,
  { type }: FileStat,
  { path, text }: { path: ByteString; text: ByteString },
): string[] {
  if (type !== "symlink") return [`is a ${type} now, not the link that was made`];
  const found = root.readLink(path);
  return found === text
    ? []
    : [`leads to ${quote(decodePath(found))} now, not to ${quote(decodePath(text))}`];
}

function judgeDirectory({ mode }: ReportAsset, stat: FileStat): string[] {
  if (stat.type !== "directory") return [`is a ${stat.type} now, not the directory that was made`];
  const found = formatMode(stat.mode);
  return found === mode ? [] : [`has mode ${found} now, not ${mode}`];
}

function judgeCopy(
  root: Root,
  { mode, digest }: ReportAsset,
  { from, to, stat }: { from: ByteString; to: ByteString; stat: FileStat },
): string[] {
  if (stat.type !== "file") return [`is a ${stat.type} now, not the file that was copied`];
  const faults: string[] = [];
  const found = formatMode(stat.mode);
  if (found !== mode) faults.push(`has mode ${found} now, not ${mode}`);
  if (stat.uid !== 0) faults.push(`belongs to user ${stat.uid} now`);
  else if (stat.gid !== 0 && (root.stat(splitPath(to).parent).mode & S_ISGID) === 0) {
    faults.push(`belongs to group ${stat.gid} now`);
  }
  if (!isSameContent(root, { from, to, digest })) faults.push("holds something else than was copied");
  return faults;
}

function isSameContent(
  root: Root,
  { from, to, digest }: { from: ByteString; to: ByteString; digest: string | null },
): boolean {
  const source = root.findStat(from);
  if (source?.type !== "file") {
    // The tree that it came from is told of by itself.
    return digest === null || computeDigest(root, to) === digest;
  }
  // Sizes first: what is there now may be huge.
  return root.stat(to).size === source.size &&
    computeDigest(root, to) === (digest ?? computeDigest(root, from));
}

/** Returns what lies in RUN and its bin dir and was not made by torcx. */
export function findForeignFiles(
  { root, settings: { runDir, paths } }: System,
  report: ApplyReport,
): DriftFact[] {
  const assets = report.assets.map((asset) => decodeAssetNames(asset).to);
  const known = new Set<string>(assets.flatMap((path) => [path, splitPath(path).parent]));
  // What somebody put in the place of a link of ours is theirs.
  const isOurs = (path: ByteString): boolean =>
    known.has(path) && isTreeLink(root, { unpackDir: paths.unpackDir, path });
  return [
    ...listPaths(root, runDir).filter((path) => !isRunName(splitPath(path).name)),
    ...listPaths(root, paths.binDir).filter((path) => !isOurs(path)),
  ].map((path) => ({ kind: "foreign", message: `${quote(decodePath(path))} was not made by torcx` }));
}

/** Returns whether a path is a link into an image's tree, as torcx makes them for programs. */
export function isTreeLink(
  root: Root,
  { unpackDir, path }: { unpackDir: string; path: ByteString },
): boolean {
  if (root.findLstat(path)?.type !== "symlink") return false;
  return root.readLink(path).startsWith(`${encodePath(unpackDir)}/`);
}

function listPaths(root: Root, path: string): ByteString[] {
  const directory = encodePath(path);
  if (root.findStat(directory)?.type !== "directory") return [];
  return root.readDir(directory).map(({ name }) => joinPath(directory, name));
}
