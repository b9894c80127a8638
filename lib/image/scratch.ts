/**
 * Owns a place to unpack archives that are only looked into: as root a tmpfs that nobody else sees and
 * that goes with the process, else a temporary directory. `inspect.ts` works in it.
 */

import { type ByteString, encodePath, joinPath } from "../bytes.ts";
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
  /** How many inodes it has; undefined if it is no mount of its own. */
  readonly inodes: number | undefined;
}

/** Options of {@linkcode openScratch}. */
export interface ScratchOptions {
  /** `nr_inodes=` of the boot's tmpfs, if it is not the kernel's default. */
  bootInodes?: string | undefined;
}

/** Directories of every system, to mount over in a namespace of one's own. */
const MOUNT_POINTS = ["/run", "/tmp", "/mnt"];

/**
 * Opens a scratch directory.
 *
 * @param temporaryDir where it is made if it cannot be a mount.
 * @throws {TorcxError} `failed` if neither can be had.
 */
export function openScratch(temporaryDir: string, { bootInodes }: ScratchOptions = {}): Scratch {
  return openPrivateMount(bootInodes) ?? makeTemporaryDirectory(temporaryDir);
}

function openPrivateMount(bootInodes: string | undefined): Scratch | undefined {
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
    mountScratch(host, path, { bootInodes });
    const root = host.openSub(path);
    return {
      root,
      canMount: true,
      inodes: readSpace(host, path).totalInodes,
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

/** Mounts a tmpfs of as many inodes as there are by default, or more if the boot has more: they are counted here. */
function mountScratch(
  host: Root,
  path: ByteString,
  { bootInodes }: { bootInodes: string | undefined },
): void {
  mountTmpfs(host, path);
  if (bootInodes === undefined) return;
  const { totalInodes } = readSpace(host, path);
  unmount(host, path);
  mountTmpfs(host, path, { inodes: bootInodes });
  if (readSpace(host, path).totalInodes >= totalInodes) return;
  unmount(host, path);
  mountTmpfs(host, path);
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
      inodes: undefined,
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
