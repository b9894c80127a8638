/**
 * Owns the image root's own mode: nobody else gets into it until its tree is whole, and then it is as it was.
 * It knows whether what is made below has the owner and mode that it is made with, and makes nothing.
 */

import { type ByteString, encodePath } from "../../bytes.ts";
import { isErrno } from "../../errors.ts";
import { close, fchmod, flistxattr, openat, umask } from "../../sys/calls.ts";
import { readDescriptorStat } from "../../sys/file_stat.ts";
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "../../sys/flags.ts";
import { readUser } from "../../sys/namespace.ts";

const DOT = encodePath(".");
/** What others than the owner may do. */
const OTHERS = 0o077;
/** setuid, setgid and sticky. */
const SPECIAL_BITS = 0o7000;
/** acl(5): what is made in a directory with one has a mode that is cut by it. */
const DEFAULT_ACL = encodePath("system.posix_acl_default");

/** The image root while its tree is made. */
export class ImageRoot {
  readonly #fd: number;
  readonly #mode: number;
  readonly #user = readUser();
  readonly #isGroupOwn: boolean;
  /** Whether what is made has the mode that it is made with, but for the umask, and nobody else sees it yet. */
  readonly #isModeExact: boolean;
  readonly #umask: number = readUmask();

  /**
   * Shuts others out.
   *
   * @param fd a descriptor of the directory, which may be of O_PATH.
   * @throws {SyscallError} if its mode cannot be set, though it is this process's own.
   */
  constructor(fd: number) {
    const stat = readDescriptorStat(fd);
    this.#fd = fd;
    this.#mode = stat.mode;
    const isPrivate = (stat.mode & OTHERS) === 0 || setMode(fd, stat.mode & ~OTHERS);
    // Below a setgid directory, or on a mount with `grpid`, files get their parent's group.
    this.#isGroupOwn = stat.gid === this.#user.gid;
    this.#isModeExact = isPrivate && (stat.mode & SPECIAL_BITS) === 0 && !hasDefaultAcl(fd);
  }

  /** Returns whether what is made below has this owner by itself. */
  isInherited({ uid, gid }: { uid: number; gid: number }): boolean {
    return this.#isGroupOwn && uid === this.#user.uid && gid === this.#user.gid;
  }

  /** Returns whether what is made below with a mode has just that: never setuid, setgid or sticky. */
  isExact(mode: number): boolean {
    return this.#isModeExact && (mode & (SPECIAL_BITS | this.#umask)) === 0;
  }

  /** Lets others in again: the tree is whole. */
  open(): void {
    if ((this.#mode & OTHERS) !== 0) setMode(this.#fd, this.#mode);
  }
}

/**
 * Sets the mode of an open directory; returns whether this process may.
 *
 * @throws {SyscallError} if the kernel refuses for another reason.
 */
export function setMode(directory: number, mode: number): boolean {
  try {
    withDirectory(directory, DOT, (fd) => fchmod(fd, mode));
    return true;
  } catch (error) {
    if (isErrno(error, "EPERM", "EACCES")) return false;
    throw error;
  }
}

/**
 * Opens a directory for calls that take no descriptor of O_PATH.
 *
 * @throws {SyscallError} as open(2), and what `use` throws.
 */
export function withDirectory<T>(parent: number, name: ByteString, use: (fd: number) => T): T {
  const fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}

function hasDefaultAcl(directory: number): boolean {
  try {
    return withDirectory(directory, DOT, flistxattr).includes(DEFAULT_ACL);
  } catch (error) {
    if (isErrno(error, "EOPNOTSUPP")) return false;
    throw error;
  }
}

/** umask(2) tells only by setting; between the two calls nothing else runs. */
function readUmask(): number {
  const mask = umask(0);
  umask(mask);
  return mask;
}
