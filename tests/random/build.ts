/**
 * Owns making a thought-of system real: its files below a directory, its archives packed by the test's own tar or by
 * mksquashfs.
 */

import { gzipSync } from "node:zlib";
import { encodePath } from "../../lib/bytes.ts";
import { mkfifoat } from "../../lib/sys/calls.ts";
import { AT_FDCWD } from "../../lib/sys/flags.ts";
import { concat, END, entry, utf8 } from "../support/tar_builder.ts";
import type { FileTree, ThoughtFile, ThoughtNode } from "./file_tree.ts";

/** Writes all files of a system below a directory. */
export function writeSystem(directory: string, tree: FileTree): void {
  for (const [path, node] of tree.entries()) writeNode(directory + path, node);
}

function writeNode(path: string, node: ThoughtNode): void {
  switch (node.type) {
    case "directory":
      Deno.mkdirSync(path);
      return Deno.chmodSync(path, node.mode ?? 0o755);
    case "symlink":
      return Deno.symlinkSync(node.target, path);
    case "fifo":
      return mkfifoat(AT_FDCWD, encodePath(path), 0o644);
    case "device":
      // By mksquashfs alone: a device needs more than root may have.
      return;
    case "file":
      writeFile(path, node);
      return Deno.chmodSync(path, node.mode ?? 0o644);
    default:
      return node satisfies never;
  }
}

function writeFile(path: string, { text, meaning }: ThoughtFile): void {
  if (meaning?.as !== "archive" || meaning.image === undefined) return Deno.writeTextFileSync(path, text);
  if (meaning.format === "squashfs") return packSquashfs(path, meaning.image);
  Deno.writeFileSync(path, gzipSync(packTar(meaning.image), { level: 1 }));
}

/** Packs a tree as a tar; the second path of one file is a hard link. */
function packTar(tree: FileTree): Uint8Array<ArrayBuffer> {
  const names = new Map<ThoughtNode, string>();
  const parts = tree.entries().map(([path, node]) => {
    const name = utf8(`.${path}`);
    const first = names.get(node);
    if (first !== undefined) return entry({ name, type: "1", linkName: first });
    names.set(node, name);
    switch (node.type) {
      case "directory":
        return entry({ name: `${name}/`, type: "5", mode: node.mode ?? 0o755 });
      case "symlink":
        return entry({ name, type: "2", linkName: utf8(node.target), mode: 0o777 });
      case "fifo":
        return entry({ name, type: "6", mode: 0o644 });
      case "device":
        return entry({ name, type: "3", mode: 0o666, patch: { 329: "0000001\0", 337: "0000003\0" } });
      case "file":
        return entry({ name, mode: node.mode ?? 0o644 }, utf8(node.text));
      default:
        return node satisfies never;
    }
  });
  return concat(...parts, END);
}

function packSquashfs(path: string, tree: FileTree): void {
  const source = Deno.makeTempDirSync();
  try {
    Deno.chmodSync(source, 0o755);
    const paths = new Map<ThoughtNode, string>();
    const pseudo: string[] = [];
    for (const [at, node] of tree.entries()) {
      const first = paths.get(node);
      if (node.type === "device") pseudo.push("-p", `"${at.slice(1)}" c 666 0 0 1 3`);
      else if (first === undefined) writeNode(source + at, node);
      else Deno.linkSync(first, source + at);
      paths.set(node, source + at);
    }
    const { success, stderr } = new Deno.Command("mksquashfs", {
      args: [source, path, "-quiet", "-no-progress", "-noappend", "-all-root", "-processors", "1", ...pseudo],
    }).outputSync();
    if (!success) throw new Error(`mksquashfs: ${new TextDecoder().decode(stderr)}`);
  } finally {
    Deno.removeSync(source, { recursive: true });
  }
}
