/**
 * Owns the removal of trees, whatever their depth, with few descriptors and no recursion. No mount is
 * ever crossed: what is mounted in a tree is somebody else's, and shows all that it has elsewhere too.
 */

import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import { isErrno, quote, SyscallError, TorcxError } from "../errors.ts";
import { behind } from "./call_arguments.ts";
import { close, openat, openat2InRoot, unlinkat } from "./calls.ts";
import { DirectoryStack } from "./directory_stack.ts";
import { streamDirEntries } from "./dirents.ts";
import { AT_REMOVEDIR, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, RESOLVE_NO_XDEV } from "./flags.ts";
import { findMountPoints, readMountId } from "./mount_points.ts";
import { detectResolver, type Resolver } from "./resolve.ts";

const DIRECTORY = O_PATH | O_DIRECTORY | O_NOFOLLOW;

/**
 * Removes a directory and everything below it, symlinks not followed.
 *
 * @param parent a descriptor of the directory that it lies in.
 * @param path the whole path, for messages.
 * @throws {TorcxError} `busy` if it is a mount point or one lies below it; nothing was removed then.
 * @throws {SyscallError} if something cannot be removed, or was replaced or mounted meanwhile.
 */
export function removeDirectory(
  parent: number,
  name: ByteString,
  { path, resolver = detectResolver(parent) }: { path: ByteString; resolver?: Resolver },
): void {
  // Followed into a mount on it, so that the list of mounts tells of that one.
  const fd = openat(parent, name, DIRECTORY);
  try {
    refuseMounts(findMountPoints(fd), path);
  } finally {
    close(fd);
  }
  const directory = openOnSameMount(resolver, { parent, name });
  try {
    removeContents(directory, resolver);
  } finally {
    close(directory);
  }
  unlinkat(parent, name, AT_REMOVEDIR);
}

/**
 * Removes everything below a directory, symlinks not followed.
 *
 * @param root a descriptor of the directory, which may be a mount's own.
 * @param path its path, for messages.
 * @throws {TorcxError} `busy` if something is mounted below it; nothing was removed then.
 * @throws {SyscallError} if something cannot be removed, or was replaced or mounted meanwhile.
 */
export function emptyDirectory(
  root: number,
  path: ByteString,
  resolver: Resolver = detectResolver(root),
): void {
  refuseMounts(findMountPoints(root, { isItselfOmitted: true }), path);
  removeContents(root, resolver);
}

function removeContents(root: number, resolver: Resolver): void {
  using stack = new DirectoryStack(root, (parent, name) => openOnSameMount(resolver, { parent, name }));
  /** Directories that are left to be removed, for each level of the stack. */
  const pending = [removeFiles(root)];
  while (pending.length > 0) {
    const name = pending.at(-1)!.pop();
    if (name !== undefined) {
      stack.push(name, openOnSameMount(resolver, { parent: stack.top, name }));
      pending.push(removeFiles(stack.top));
      continue;
    }
    pending.pop();
    const done = stack.pop();
    if (done !== undefined) unlinkat(stack.top, done, AT_REMOVEDIR);
  }
}

/** Without /proc there is no list: then the first mount on the way down ends the removal. */
function refuseMounts(mounts: readonly ByteString[] | undefined, path: ByteString): void {
  if (mounts === undefined || mounts.length === 0) return;
  const shown = mounts.map((mount) => quote(decodePath(mount))).join(", ");
  throw new TorcxError(
    "busy",
    `Cannot remove ${quote(decodePath(path))}: ${shown} ${
      mounts.length === 1 ? "is a mount point" : "are mount points"
    }`,
    { hint: `If what is mounted may go, type: umount ${mounts.map(quoteForShell).join(" ")}` },
  );
}

function quoteForShell(path: ByteString): string {
  const text = decodePath(path);
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Opens a directory by its name in another one (O_PATH), refusing with EXDEV what is mounted there. */
function openOnSameMount(resolver: Resolver, { parent, name }: { parent: number; name: ByteString }): number {
  if (resolver === "openat2") return openat2InRoot(parent, name, DIRECTORY, 0, RESOLVE_NO_XDEV);
  const fd = openat(parent, name, DIRECTORY);
  try {
    if (readMountId(fd) === readMountId(parent)) return fd;
    throw new SyscallError(
      "openat",
      { args: `${behind(parent)}, ${quote(decodePath(name))}`, errno: "EXDEV", text: "a mount point" },
    );
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** Removes what is no directory with something in it; returns those that are. */
function removeFiles(directory: number): ByteString[] {
  const fd = openat(directory, encodePath("."), O_RDONLY | O_DIRECTORY);
  const full: ByteString[] = [];
  try {
    for (const { name, type } of streamDirEntries(fd)) {
      try {
        unlinkat(fd, name, type === "directory" ? AT_REMOVEDIR : 0);
      } catch (error) {
        if (isErrno(error, "ENOTEMPTY", "EEXIST", "EISDIR")) full.push(name);
        else if (!isErrno(error, "ENOENT")) throw error;
      }
    }
    return full;
  } finally {
    close(fd);
  }
}
