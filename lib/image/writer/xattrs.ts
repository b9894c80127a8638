/**
 * Owns which extended attributes an unpacked file gets: `user.*`, file capabilities, and the SELinux label
 * where SELinux is on. The rest is left out with a remark.
 */

import type { OnArchiveWarning } from "../../archive/entry.ts";
import { type ByteString, decodePath, encodePath } from "../../bytes.ts";
import { isErrno, quote } from "../../errors.ts";
import { fsetxattr, geteuid, lsetxattrat, statx } from "../../sys/calls.ts";
import { AT_FDCWD } from "../../sys/flags.ts";

const SELINUX = encodePath("security.selinux");

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
      else this.#warnOnce(name, `extended attribute ${quote(decodePath(name))} is not kept`);
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
      if (!isErrno(error, "EOPNOTSUPP", ...(this.#isRoot ? [] : ["EPERM"]))) throw error;
      const reason = error.errno === "EPERM" ? "only root may set it" : "the file system has none";
      this.#warnOnce(error.errno, `extended attribute ${quote(decodePath(name))} is not kept: ${reason}`);
    }
  }

  #isKept(name: ByteString): boolean {
    if (name.startsWith("user.") || name === "security.capability") return true;
    if (name !== SELINUX) return false;
    return this.#hasSelinux ??= isSelinuxOn();
  }

  #warnOnce(key: string, message: string): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#warn(message, "attribute-left-out");
  }
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
