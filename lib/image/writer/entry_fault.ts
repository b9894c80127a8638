/** Owns the error of an entry that cannot be unpacked: the archive's fault, or the system's. */

import { type ByteString, decodePath } from "../../bytes.ts";
import { ArchiveError, isErrno, quote, TorcxError } from "../../errors.ts";

/** Errors of the kernel that an archive's own shape brings about. */
const ARCHIVE_ERRNOS = [
  "E2BIG",
  "EEXIST",
  "EFBIG",
  "EINVAL",
  "EISDIR",
  "ELOOP",
  "EMLINK",
  "ENAMETOOLONG",
  "ENOENT",
  "ENOTDIR",
  "ENOTEMPTY",
  "EPERM",
  "ERANGE",
];

/**
 * Fails as an entry did.
 *
 * @throws {ArchiveError} if the archive is to blame, below a message that names the entry.
 * @throws {TorcxError} with the cause's code, if the system is: `no_space` if a quota is used up.
 */
export function failEntry(path: ByteString, cause: unknown): never {
  if (!(cause instanceof TorcxError)) throw cause;
  const message = `Cannot unpack entry ${quote(decodePath(path))}`;
  // That root may not set an attribute is the system's doing.
  const isForbidden = isErrno(cause, "EPERM") && cause.call.endsWith("setxattr");
  if (cause instanceof ArchiveError || (isErrno(cause, ...ARCHIVE_ERRNOS) && !isForbidden)) {
    throw new ArchiveError(message, { cause });
  }
  throw new TorcxError(isErrno(cause, "EDQUOT") ? "no_space" : cause.code, message, { cause });
}
