/**
 * Owns which names a path needs: each component that is looked up on its way, through all symlinks.
 * Whoever removes one of them breaks the path. It refuses to judge who needs the path.
 */

import { quote, TorcxError } from "../errors.ts";
import { type ByteString, decodePath, encodePath, joinPath, splitPath } from "../bytes.ts";
import type { FileStat } from "../sys/file_stat.ts";
import type { Root } from "../sys/root.ts";

/** MAXSYMLINKS of include/linux/namei.h. */
const SYMLINKS_MAX = 40;

/**
 * A name in a directory, the directory told by device and inode: the same by whichever path it is
 * reached. It stands for the name, not for the file: another hard link of a file is another name.
 */
export type NameKey = string & { readonly nameKey: true };

/** Returns what tells a file from all others. */
export function identify({ dev, ino }: Pick<FileStat, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}

function makeKey(directory: string, name: ByteString): NameKey {
  return `${directory}/${name}` as NameKey;
}

/** Returns the key of a path's last name, which is not followed. */
export function getNameKey(root: Root, path: string): NameKey {
  const { parent, name } = splitPath(encodePath(path));
  return makeKey(identify(root.stat(parent)), name);
}

/**
 * Lists the names on the way of a path inside the root, its own and those of symlinks' targets.
 *
 * @throws {SyscallError} if the path leads nowhere or a name cannot be looked up.
 * @throws {TorcxError} `invalid` if there are too many symlinks.
 */
export function listNamesOnTheWay(root: Root, path: string): NameKey[] {
  const keys: NameKey[] = [];
  const top = encodePath("/");
  const directories = [{ path: top, identity: identify(root.stat(top)) }];
  const pending = splitComponents(encodePath(path));
  for (let links = 0; pending.length > 0;) {
    const name = pending.pop()!;
    if (name === ".") continue;
    if (name === "..") {
      if (directories.length > 1) directories.pop();
      continue;
    }
    const directory = directories.at(-1)!;
    const current = joinPath(directory.path, name);
    const stat = root.lstat(current);
    keys.push(makeKey(directory.identity, name));
    if (stat.type !== "symlink") {
      directories.push({ path: current, identity: identify(stat) });
      continue;
    }
    if (++links > SYMLINKS_MAX) {
      throw new TorcxError(
        "invalid",
        `Cannot follow ${quote(path)}: ${quote(decodePath(current))} is one symlink too many`,
      );
    }
    const target = root.readLink(current);
    if (target.startsWith("/")) directories.length = 1;
    pending.push(...splitComponents(target));
  }
  return keys;
}

/** Returns the components of a path, last first. */
function splitComponents(path: ByteString): ByteString[] {
  return path.split("/").filter((name) => name !== "").reverse() as ByteString[];
}
