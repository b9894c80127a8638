/** Owns owners, modes, attributes and times of unpacked files, in the order that nothing later undoes. */

import type { OnArchiveWarning, TarEntry } from "../../archive/entry.ts";
import type { ByteString } from "../../bytes.ts";
import { fchmod, fchmodat, fchown, futimens, lchownat, lutimensat, statx } from "../../sys/calls.ts";
import { readUser } from "../../sys/namespace.ts";
import type { Root } from "../../sys/root.ts";
import { XattrWriter } from "./xattrs.ts";

/** Options of {@linkcode MetadataWriter}. */
export interface MetadataOptions {
  /** Whether owners are set; only root can. */
  isOwnerKept: boolean;
  onWarning: OnArchiveWarning;
  /** Takes what only who looks closely wants to know. */
  onDebug?: (message: string) => void;
}

/** setuid and setgid. */
const OWNER_BITS = 0o6000;

/** Sets the metadata of entries. */
export class MetadataWriter {
  readonly #options: MetadataOptions;
  readonly #xattrs: XattrWriter;
  readonly #user: { uid: number; gid: number } = readUser();
  /** Files of ours have the owner that they are made with. */
  readonly #isOwnerInherited: boolean;
  #hasWarned = false;

  constructor(root: Root, options: MetadataOptions) {
    this.#options = options;
    this.#xattrs = new XattrWriter(options.onWarning);
    // Below a setgid directory, or on a mount with `grpid`, files get their parent's group.
    this.#isOwnerInherited = statx(root.fd, "" as ByteString).gid === this.#user.gid;
  }

  /**
   * Sets the metadata of an open file or directory.
   *
   * @throws {SyscallError} if the kernel refuses.
   */
  write(fd: number, entry: TarEntry): void {
    // chown clears setuid and capabilities, a write clears capabilities, all of them change times.
    if (this.#isOwnerNeeded(entry)) fchown(fd, entry.uid, entry.gid);
    const { xattrs } = entry;
    const { isOwnerKept } = this.#options;
    // Only root may set attributes of what it may not write.
    if (xattrs !== undefined && !isOwnerKept) this.#xattrs.write(fd, xattrs);
    fchmod(fd, this.#pickMode(entry));
    if (xattrs !== undefined && isOwnerKept) this.#xattrs.write(fd, xattrs);
    futimens(fd, BigInt(entry.mtimeSec), entry.mtimeNsec);
  }

  /**
   * Sets the metadata of a symlink or FIFO that the caller has just made.
   *
   * @throws {SyscallError} if the kernel refuses.
   */
  writeAt(directory: number, name: ByteString, entry: TarEntry): void {
    if (this.#isOwnerNeeded(entry)) lchownat(directory, name, entry.uid, entry.gid);
    if (entry.type !== "symlink") fchmodat(directory, name, this.#pickMode(entry));
    if (entry.xattrs !== undefined) this.#xattrs.writeAt(directory, name, entry.xattrs);
    lutimensat(directory, name, BigInt(entry.mtimeSec), entry.mtimeNsec);
  }

  #isOwnerNeeded({ uid, gid }: TarEntry): boolean {
    return this.#options.isOwnerKept &&
      !(this.#isOwnerInherited && uid === this.#user.uid && gid === this.#user.gid);
  }

  /** Without the right owner, setuid and setgid would lend somebody else's rights. */
  #pickMode({ mode }: TarEntry): number {
    if (this.#options.isOwnerKept || (mode & OWNER_BITS) === 0) return mode;
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#options.onWarning("setuid and setgid are not kept, as owners are not", "owners-not-kept");
    }
    return mode & ~OWNER_BITS;
  }
}
