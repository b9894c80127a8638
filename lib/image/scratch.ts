/**
 * Owns a place to unpack archives that are only looked into: as root a tmpfs that nobody else sees and
 * that goes with the process, else a temporary directory. `inspect.ts` works in it.
 */

import { encodePath, joinPath } from "../bytes.ts";
import { isErrno, TorcxError } from "../errors.ts";
import { mountTmpfs, readSpace, unmount } from "../sys/mounts.ts";
import { enterPrivateMountNamespace, isRootUser } from "../sys/namespace.ts";
import { makeTemporaryName } from "../sys/atomic_file.ts";
import { Root } from "../sys/root.ts";

/** An empty directory; disposing it removes it. */
export interface Scratch extends Disposable {
  readonly root: Root;
  /** Whether squashfs can be mounted in it without anybody seeing. */
  readonly canMount: boolean;
  /** How many inodes a tmpfs has by default; undefined if that is not known. */
  readonly defaultInodes: number | undefined;
}

/** 2^30: more than an archive of 4 million entries takes. */
const INODES_MAX = "1g";
/** Directories of every system, to mount over in a namespace of one's own. */
const MOUNT_POINTS = ["/run", "/tmp", "/mnt"];

/**
 * Opens a scratch directory.
 *
 * @param temporaryDir where it is made if it cannot be a mount.
 * @throws {TorcxError} `failed` if neither can be had.
 */
export function openScratch(temporaryDir: string): Scratch {
  return openPrivateMount() ?? makeTemporaryDirectory(temporaryDir);
}

function openPrivateMount(): Scratch | undefined {
  if (!isRootUser()) return undefined;
  try {
    enterPrivateMountNamespace();
  } catch (error) {
    // Root of a container without CAP_SYS_ADMIN, or in a plain chroot.
    if (isErrno(error, "EPERM", "EACCES")) return undefined;
    if (error instanceof TorcxError && error.code === "unsupported") return undefined;
    throw error;
  }
  // Opened only now: a descriptor from before belongs to mounts on which nothing can be mounted any more.
  const host = Root.open("/");
  const path = MOUNT_POINTS.map(encodePath).find((path) => host.findStat(path)?.type === "directory");
  if (path === undefined) {
    host[Symbol.dispose]();
    return undefined;
  }
  try {
    mountTmpfs(host, path);
    const defaultInodes = readSpace(host, path).totalInodes;
    unmount(host, path);
    // The boot's limit is one of all images together, and judged by whoever knows them.
    mountTmpfs(host, path, { inodes: INODES_MAX });
    const root = host.openSub(path);
    return {
      root,
      canMount: true,
      defaultInodes,
      [Symbol.dispose]: () => {
        root[Symbol.dispose]();
        unmount(host, path);
        host[Symbol.dispose]();
      },
    };
  } catch (error) {
    host[Symbol.dispose]();
    throw error;
  }
}

function makeTemporaryDirectory(parent: string): Scratch {
  try {
    const host = Root.open("/");
    const path = joinPath(encodePath(parent), makeTemporaryName());
    host.makeDir(path, 0o700);
    const root = host.openSub(path);
    return {
      root,
      canMount: false,
      defaultInodes: undefined,
      [Symbol.dispose]: () => {
        root[Symbol.dispose]();
        host.removeTree(path);
        host[Symbol.dispose]();
      },
    };
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError("failed", "Cannot look into archives: there is no place for temporary files", {
      cause,
      hint: "Set TMPDIR to a directory that can be written",
    });
  }
}
