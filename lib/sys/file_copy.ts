/**
 * Owns copying a file: whole or not at all, this process's own, piece by piece whatever its size. It refuses
 * to know which files.
 */

import type { ByteString } from "../bytes.ts";
import { isErrno } from "../errors.ts";
import { close, fchmod, fchown, getegid, geteuid, writeAll } from "./calls.ts";
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from "./flags.ts";
import { makeTemporaryName } from "./atomic_file.ts";
import type { OpenFile } from "./open_file.ts";
import type { Root } from "./root.ts";

const CHUNK_BYTES = 256 * 1024;

/**
 * Copies an open file into a directory, under a name that must not exist yet, with this exact mode and
 * this process's owner and group whatever the directory's are.
 *
 * @throws {SyscallError} EEXIST if there is something of that name.
 */
export function copyFile(
  source: OpenFile,
  directory: Root,
  { name, mode }: { name: ByteString; mode: number },
): void {
  const temporary = makeTemporaryName();
  try {
    const fd = directory.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      const buffer = new Uint8Array(CHUNK_BYTES);
      for (let count = source.read(buffer); count > 0; count = source.read(buffer)) {
        writeAll(fd, buffer.subarray(0, count));
      }
      // Below a setgid directory a file gets the directory's group.
      fchown(fd, geteuid(), getegid());
      fchmod(fd, mode);
      // No fsync: /run does not outlive the boot.
    } finally {
      close(fd);
    }
    // Unlike a rename, a link never replaces what somebody else has made in the meantime.
    directory.link(temporary, name);
  } finally {
    removeTemporary(directory, temporary);
  }
}

function removeTemporary(directory: Root, name: ByteString): void {
  try {
    directory.unlink(name);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EROFS")) throw error;
  }
}
