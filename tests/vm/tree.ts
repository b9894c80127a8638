/*
 * Lays out small file trees (guests' files, addon images) from a table of paths.
 * Refuses nothing: the tables are written by the tests. Called by guest.ts, addon.ts and the cases.
 */

import { dirname, join } from "node:path";

/** Paths relative to the tree's root; a string is a file of mode 0644. */
export type Tree = Record<
  string,
  string | { text: string; mode: number } | { link: string } | { copy: string }
>;

/** Makes a file that may be executed. */
export function program(text: string): { text: string; mode: number } {
  return { text, mode: 0o755 };
}

/** Writes a tree below a directory, making directories as needed. */
export async function writeTree(directory: string, tree: Tree): Promise<void> {
  for (const [path, entry] of Object.entries(tree)) {
    const target = join(directory, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    if (typeof entry === "string") {
      await Deno.writeTextFile(target, entry);
    } else if ("link" in entry) {
      await Deno.symlink(entry.link, target);
    } else if ("copy" in entry) {
      await Deno.copyFile(entry.copy, target);
    } else {
      await Deno.writeTextFile(target, entry.text);
      await Deno.chmod(target, entry.mode);
    }
  }
}
