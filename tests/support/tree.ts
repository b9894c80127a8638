/**
 * Owns reading a real directory for comparison: every file below it with its metadata, by bytes, and a
 * fingerprint of what must not change.
 */

import { decodePath, encodePath, joinPath } from "../../lib/bytes.ts";
import type { FileStat } from "../../lib/sys/file_stat.ts";
import { Root } from "../../lib/sys/root.ts";
import type { Tree, TreeNode } from "./corpus.ts";

/** Returns a time as in {@linkcode TreeNode.mtime}. */
export function formatTime({ mtimeSec, mtimeNsec }: FileStat): string {
  return `${mtimeSec}.${String(mtimeNsec).padStart(9, "0")}`;
}

/** Reads the tree below a directory of the host; names of one file are one object. */
export function readTree(directory: string): Tree {
  using root = Root.open(directory);
  const tree: Tree = new Map();
  const byInode = new Map<bigint, TreeNode>();
  const pending = [encodePath("")];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    for (const { name } of root.readDir(parent === "" ? encodePath("/") : parent)) {
      const path = joinPath(parent, name);
      const stat = root.lstat(path);
      const node = byInode.get(stat.ino) ?? toNode(stat);
      if (stat.type === "symlink") node.target = root.readLink(path);
      byInode.set(stat.ino, node);
      tree.set(path, node);
      if (stat.type === "directory") pending.push(path);
    }
  }
  return tree;
}

function toNode(stat: FileStat): TreeNode {
  if (stat.type === "char" || stat.type === "block" || stat.type === "socket") {
    throw new Error(`a ${stat.type} in the tree`);
  }
  return {
    type: stat.type,
    mode: stat.type === "symlink" ? undefined : stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    size: stat.type === "file" ? stat.size : undefined,
    mtime: formatTime(stat),
    target: "",
  };
}

/** Returns one line per difference between trees; what the expected one leaves open is not compared. */
export function compareTrees(actual: Tree, expected: Tree, options: { hasOwners: boolean }): string[] {
  const differences: string[] = [];
  const show = (path: string): string => JSON.stringify(decodePath(path as never));
  for (const path of actual.keys()) if (!expected.has(path)) differences.push(`${show(path)} is too many`);
  const partners = new Map<TreeNode, TreeNode>();
  for (const [path, want] of expected) {
    const got = actual.get(path);
    if (got === undefined) {
      differences.push(`${show(path)} is missing`);
      continue;
    }
    for (const key of ["type", "mode", "uid", "gid", "size", "mtime", "target"] as const) {
      if (want[key] === undefined || (!options.hasOwners && (key === "uid" || key === "gid"))) continue;
      if (got[key] !== want[key]) {
        differences.push(`${show(path)} has ${key} ${String(got[key])}, not ${String(want[key])}`);
      }
    }
    if ((partners.get(want) ?? got) !== got) differences.push(`${show(path)} is not a name of the same file`);
    partners.set(want, got);
  }
  return differences;
}

/** Returns a text that changes if anything at or below a directory changes, its times included. */
export function fingerprint(directory: string): string {
  const lines: string[] = [];
  const visit = (path: string): void => {
    const stat = Deno.lstatSync(path);
    lines.push(
      [path, stat.mode, stat.uid, stat.gid, stat.nlink, stat.size, stat.mtime?.getTime(), stat.ino].join(" "),
    );
    if (stat.isDirectory) { for (const { name } of Deno.readDirSync(path)) visit(`${path}/${name}`); }
    else if (stat.isFile) lines.push(Deno.readTextFileSync(path));
  };
  visit(directory);
  return lines.join("\n");
}
