/**
 * Owns reading a file's extended attributes, its access ACL among them, and how they come to the file that
 * replaces it. It refuses to lose one, and those that say what the old bytes were.
 */

import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import { isErrno, quote, SyscallError, TorcxError } from "../errors.ts";
import { fgetxattr, flistxattr, fremovexattr, fsetxattr } from "./calls.ts";

/** acl(5): on Linux an attribute; a new file may have one from its directory's default ACL. */
const ACCESS_ACL = encodePath("system.posix_acl_access");
/** Hashes and signatures of a file's own bytes and inode (security/integrity): wrong for another file. */
const CONTENT_ATTRIBUTES = ["security.ima", "security.evm"];

/**
 * Gives a new file the attributes of an open one, and no ACL that this one has not. It comes before the
 * new file's mode is set: until then an inherited ACL must allow nobody anything.
 *
 * @throws {TorcxError} with the system call's code if an attribute cannot be kept; the message names it.
 */
export function copyAttributes(from: number, to: number): void {
  const wanted = listAttributes(from);
  const present = listAttributes(to);
  if (present.includes(ACCESS_ACL) && !wanted.includes(ACCESS_ACL)) {
    keep(ACCESS_ACL, () => fremovexattr(to, ACCESS_ACL));
  }
  for (const name of wanted) {
    if (CONTENT_ATTRIBUTES.includes(name)) continue;
    keep(name, () => {
      const value = fgetxattr(from, name);
      // A label that the kernel gave by itself need not be set, which not everybody may.
      if (present.includes(name) && isEqual(fgetxattr(to, name), value)) return;
      fsetxattr(to, name, value);
    });
  }
}

/** Reads the attributes of an open file; undefined if there are none, or the file system has none. */
export function findAttributes(fd: number): Map<ByteString, Uint8Array<ArrayBuffer>> | undefined {
  try {
    const names = flistxattr(fd);
    return names.length === 0 ? undefined : new Map(names.map((name) => [name, fgetxattr(fd, name)]));
  } catch (error) {
    if (isErrno(error, "EOPNOTSUPP")) return undefined;
    throw error;
  }
}

function listAttributes(fd: number): ByteString[] {
  try {
    return flistxattr(fd);
  } catch (error) {
    // A file system without attributes has none to lose.
    if (isErrno(error, "EOPNOTSUPP")) return [];
    if (!(error instanceof SyscallError)) throw error;
    const message = "Cannot keep the attributes of a file: they cannot be listed";
    throw new TorcxError(error.code, message, { cause: error });
  }
}

function keep(name: ByteString, call: () => void): void {
  try {
    call();
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new TorcxError(
      cause.code,
      `Cannot keep attribute ${quote(decodePath(name))}: it cannot be copied`,
      {
        cause,
        hint: "Edit the file as a user who may set the attribute, or remove the attribute first",
      },
    );
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
