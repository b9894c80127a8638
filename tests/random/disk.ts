/** Owns reading what is on the disk back into a thought-of file system, for comparison. */

import { FileTree, type ThoughtNode } from "./file_tree.ts";

/** Stands for the content of an archive. */
const ARCHIVE = "an archive";

/** What gzip and squashfs begin with (RFC 1952; squashfs_fs.h). */
const MAGICS = [[0x1f, 0x8b], [0x68, 0x73, 0x71, 0x73]] as const;

/** Reads a directory; what is at `leftOut` (paths below it, with a leading slash) stays out with all in it. */
export function readDisk(directory: string, leftOut: readonly string[] = []): FileTree {
  const tree = new FileTree();
  const visit = (parent: string): void => {
    for (const { name } of Deno.readDirSync(`${directory}${parent}`)) {
      const path = `${parent}/${name}`;
      if (leftOut.includes(path)) continue;
      const node = readNode(directory + path);
      tree.put(path, node);
      if (node.type === "directory") visit(path);
    }
  };
  visit("");
  return tree;
}

function readNode(path: string): ThoughtNode {
  const stat = Deno.lstatSync(path);
  if (stat.isSymlink) return { type: "symlink", target: Deno.readLinkSync(path) };
  if (stat.isDirectory) return { type: "directory", mode: (stat.mode ?? 0) & 0o7777 };
  if (!stat.isFile) return { type: stat.isCharDevice === true ? "device" : "fifo" };
  const bytes = Deno.readFileSync(path);
  const isArchive = MAGICS.some((magic) => magic.every((byte, at) => bytes[at] === byte));
  const text = isArchive ? ARCHIVE : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return { type: "file", text, mode: (stat.mode ?? 0) & 0o7777 };
}

/** Lists a file system, one line for each path, with modes and texts of files. */
export function listTree(tree: FileTree): string[] {
  return tree.entries().map(([path, node]) => `${path} ${describeNode(node)}`);
}

function describeNode(node: ThoughtNode): string {
  if (node.type === "symlink") return `-> ${node.target}`;
  if (node.type === "fifo" || node.type === "device") return node.type;
  if (node.type === "directory") return `directory 0${(node.mode ?? 0o755).toString(8)}`;
  const { text, mode = 0o644, meaning } = node;
  const isArchive = meaning?.as === "archive" && meaning.image !== undefined;
  return `0${mode.toString(8)} ${JSON.stringify(isArchive ? ARCHIVE : text)}`;
}
