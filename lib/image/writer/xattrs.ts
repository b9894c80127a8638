/**
 * Owns which extended attributes an unpacked file gets: `user.*`, file capabilities, and the SELinux label
 * where SELinux is on. The rest is left out with a remark.
 */

import type { OnArchiveWarning } from "../../archive/entry.ts";
import { type ByteString, decodePath, encodePath } from "../../bytes.ts";
import { isErrno, quote, type SyscallError, TorcxError } from "../../errors.ts";
import { flistxattr, fremovexattr, fsetxattr, geteuid, lsetxattrat, statx } from "../../sys/calls.ts";
import { AT_FDCWD } from "../../sys/flags.ts";

const SELINUX = encodePath("security.selinux");
/** Remarks of one image, each on another attribute: a hostile one has a million names. */
const REMARKS_MAX = 100;
/** XATTR_NAME_MAX of linux/limits.h; of a longer name no more is shown. */
const NAME_BYTES_MAX = 255;

/** Sets attributes and keeps to one remark per cause. */
export class XattrWriter {
  readonly #warn: OnArchiveWarning;
  readonly #said = new Set<string>();
  readonly #isRoot: boolean = geteuid() === 0;
  #hasSelinux: boolean | undefined;

  constructor(warn: OnArchiveWarning) {
    this.#warn = warn;
  }

  /**
   * Sets the attributes on an open file.
   *
   * @throws {SyscallError} if the kernel refuses: it is a remark only that the file system has none, and
   *   that others than root may not set one.
   */
  write(fd: number, xattrs: ReadonlyMap<ByteString, Uint8Array<ArrayBuffer>>): void {
    for (const [name, value] of xattrs) {
      if (this.#isKept(name)) this.#set(name, () => fsetxattr(fd, name, value));
      else this.#warnOnce(name, `extended attribute ${showName(name)} is not kept`);
    }
  }

  /**
   * Takes back what another entry has set on an open directory.
   *
   * @throws {SyscallError} if the kernel refuses.
   */
  clear(fd: number): void {
    for (const name of flistxattr(fd)) {
      // The kernel gives every file a label.
      if (name !== SELINUX && this.#isKept(name)) fremovexattr(fd, name);
    }
  }

  /** Sets the SELinux label of a symlink or FIFO: they can have no other attribute that is kept. */
  writeAt(
    directory: number,
    path: ByteString,
    xattrs: ReadonlyMap<ByteString, Uint8Array<ArrayBuffer>>,
  ): void {
    const label = xattrs.get(SELINUX);
    if (label === undefined || !this.#isKept(SELINUX)) return;
    this.#set(SELINUX, () => lsetxattrat(directory, path, SELINUX, label));
  }

  #set(name: ByteString, set: () => void): void {
    try {
      set();
    } catch (error) {
      if (isErrno(error, "ENOSPC")) throw describeSpace(name, error);
      if (!isErrno(error, "EOPNOTSUPP", ...(this.#isRoot ? [] : ["EPERM"]))) throw error;
      const reason = error.errno === "EPERM" ? "only root may set it" : "the file system has none";
      this.#warnOnce(error.errno, `extended attribute ${showName(name)} is not kept: ${reason}`);
    }
  }

  #isKept(name: ByteString): boolean {
    if (name.startsWith("user.") || name === "security.capability") return true;
    if (name !== SELINUX) return false;
    return this.#hasSelinux ??= isSelinuxOn();
  }

  #warnOnce(key: string, message: string): void {
    if (this.#said.has(key) || this.#said.size > REMARKS_MAX) return;
    this.#said.add(key);
    if (this.#said.size <= REMARKS_MAX) this.#warn(message, "attribute-left-out");
    else this.#warn("further extended attributes are not kept", "attribute-left-out");
  }
}

/** A tmpfs counts attributes as inodes, since Linux 6.6; other file systems have a block for those of a file. */
function describeSpace(name: ByteString, cause: SyscallError): TorcxError {
  return new TorcxError("no_space", `there is no room for its extended attribute ${showName(name)}`, {
    cause,
    hint:
      'Raise "unpack_inodes" in the config file, use a squashfs archive, or leave the attributes out of the image',
  });
}

function showName(name: ByteString): string {
  return quote(decodePath(name.slice(0, NAME_BYTES_MAX) as ByteString));
}

function isSelinuxOn(): boolean {
  try {
    statx(AT_FDCWD, encodePath("/sys/fs/selinux/enforce"));
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) return false;
    throw error;
  }
}
