/**
 * Owns what this process is: its mount namespace compared with PID 1's, its user, its own binary.
 * It changes nothing but the umask.
 */

import { isErrno, TorcxError } from "../errors.ts";
import { decodePath, encodePath } from "../bytes.ts";
import { getegid, geteuid, mount, readlinkat, umask, unshare } from "./calls.ts";
import { AT_FDCWD, CLONE_NEWNS, MS_PRIVATE, MS_REC } from "./flags.ts";

/**
 * Returns whether this process sees other mounts than PID 1: systemd since 253 runs generators so,
 * and what they mount vanishes with them. Undefined if that cannot be told (no /proc, not root).
 */
export function isPrivateMountNamespace(): boolean | undefined {
  try {
    const own = readlinkat(AT_FDCWD, encodePath("/proc/self/ns/mnt"));
    return own !== readlinkat(AT_FDCWD, encodePath("/proc/1/ns/mnt"));
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES", "EPERM")) return undefined;
    throw error;
  }
}

/** Returns the path of the running binary. */
export function readOwnPath(): string {
  return decodePath(readlinkat(AT_FDCWD, encodePath("/proc/self/exe")));
}

/** Returns the effective user's number. */
export function getUserId(): number {
  return geteuid();
}

/** Returns whether the effective user is root. */
export function isRootUser(): boolean {
  return geteuid() === 0;
}

/** Returns the effective user and group. */
export function readUser(): { uid: number; gid: number } {
  return { uid: geteuid(), gid: getegid() };
}

/** Sets the umask that the contract's modes assume. */
export function setUmask(): void {
  umask(0o022);
}

/**
 * Gives this thread mounts of its own: what it mounts from now on nobody else sees, and it goes with
 * the process. All system calls of this program are made by this thread.
 *
 * @throws {SyscallError} if the user may not (only root may).
 * @throws {TorcxError} `unsupported` where `/` is no mount point.
 */
export function enterPrivateMountNamespace(): void {
  unshare(CLONE_NEWNS);
  try {
    mount(undefined, encodePath("/"), undefined, MS_REC | MS_PRIVATE, undefined);
  } catch (cause) {
    if (!isErrno(cause, "EINVAL")) throw cause;
    throw new TorcxError("unsupported", "Cannot have mounts that nobody else sees: / is no mount point", {
      cause,
      hint: "Bind-mount the directory on itself before chroot, or call torcx outside of it with --root",
    });
  }
}
