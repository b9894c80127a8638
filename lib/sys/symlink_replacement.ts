/** Owns how a symlink takes the place of another at once: nobody finds neither. It refuses to follow one. */

import type { ByteString } from "../bytes.ts";
import { TorcxError } from "../errors.ts";
import { makeTemporaryName, syncDirectory } from "./atomic_file.ts";
import { renameat, symlinkat, unlinkat } from "./calls.ts";
import type { Root } from "./root.ts";

/**
 * Makes a symlink with this target text, in the place of whatever link or file has the name. One that is so
 * already is left alone.
 *
 * @returns whether something was changed.
 * @throws {SyscallError} if that fails; what was there still is.
 */
export function replaceSymlink(root: Root, path: ByteString, { target }: { target: ByteString }): boolean {
  const there = root.findLstat(path);
  if (there?.type === "symlink" && root.readLink(path) === target) return false;
  return root.withParent(path, (dir, name) => {
    const temporary = makeTemporaryName();
    symlinkat(target, dir, temporary);
    try {
      renameat(dir, temporary, dir, name);
    } catch (error) {
      try {
        unlinkat(dir, temporary);
      } catch (second) {
        // The failure is the one to tell; a temporary that stays is in nobody's way.
        if (!(second instanceof TorcxError)) throw second;
      }
      throw error;
    }
    syncDirectory(dir);
    return true;
  });
}
