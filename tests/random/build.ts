/** Owns making a thought-of system real: its files below a directory, its archives packed by the test's own tar. */

import { gzipSync } from "node:zlib";
import { encodePath } from "../../lib/bytes.ts";
import { mkfifoat } from "../../lib/sys/calls.ts";
import { AT_FDCWD } from "../../lib/sys/flags.ts";
import { concat, END, entry, utf8 } from "../support/tar_builder.ts";
import type { FileTree, ThoughtFile, ThoughtNode } from "./file_tree.ts";

/** Writes all files of a system below a directory. */
export function writeSystem(directory: string, tree: FileTree): void {
  for (const [path, node] of tree.entries()) {
    const full = directory + path;
    switch (node.type) {
      case "directory":
        Deno.mkdirSync(full);
        break;
      case "symlink":
        Deno.symlinkSync(node.target, full);
        break;
      case "fifo":
        mkfifoat(AT_FDCWD, encodePath(full), 0o644);
        break;
      case "file":
        Deno.writeFileSync(full, makeContent(node), { mode: node.mode ?? 0o644 });
        break;
      default:
        node satisfies never;
    }
  }
}

function makeContent({ text, meaning }: ThoughtFile): Uint8Array {
  if (meaning?.as !== "archive" || meaning.image === undefined) return new TextEncoder().encode(text);
  return gzipSync(packTar(meaning.image), { level: 1 });
}

/** Packs a tree as a tar; the second path of one file is a hard link. */
export function packTar(tree: FileTree): Uint8Array<ArrayBuffer> {
  const names = new Map<ThoughtNode, string>();
  const parts = tree.entries().map(([path, node]) => {
    const name = utf8(`.${path}`);
    const first = names.get(node);
    if (first !== undefined) return entry({ name, type: "1", linkName: first });
    names.set(node, name);
    switch (node.type) {
      case "directory":
        return entry({ name: `${name}/`, type: "5", mode: 0o755 });
      case "symlink":
        return entry({ name, type: "2", linkName: utf8(node.target), mode: 0o777 });
      case "fifo":
        return entry({ name, type: "6", mode: 0o644 });
      case "file":
        return entry({ name, mode: node.mode ?? 0o644 }, utf8(node.text));
      default:
        return node satisfies never;
    }
  });
  return concat(...parts, END);
}
