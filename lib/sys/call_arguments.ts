/**
 * Owns what every wrapper of a system call shares: byte paths as C strings, and the error that a failed call
 * becomes. The one call that it makes is the look at a descriptor's path, for that error alone.
 */

import { quote, SyscallError } from "../errors.ts";
import { type ByteString, decodePath, fromBytes } from "../bytes.ts";
import { EINTR, getErrnoName } from "./errno.ts";
import { AT_FDCWD } from "./flags.ts";
import { getErrorText, libc } from "./libc.ts";

/** include/uapi/linux/limits.h: with the NUL at the end. */
export const PATH_MAX = 4096;

/** Two buffers for the path arguments of a call; calls are synchronous, so they can be shared. */
const pathBuffers = [new Uint8Array(PATH_MAX + 1), new Uint8Array(PATH_MAX + 1)] as const;

/**
 * Fails as a call did.
 *
 * @throws {SyscallError} always.
 */
export function fail(errno: number, call: string, args: readonly unknown[]): never {
  throw new SyscallError(call, {
    args: args.map(formatArgument).join(", "),
    errno: getErrnoName(errno),
    text: getErrorText(errno),
  });
}

/** A descriptor is shown by what is behind it, which is looked up when an error is made of the call. */
export function behind(fd: number): { toString(): string } {
  return { toString: () => describeDescriptor(fd) };
}

const linkText = new Uint8Array(PATH_MAX);
/** proc(5), of a file that has no name any more. */
const DELETED = " (deleted)";

/** Returns a path in quotes, what the kernel says of a socket or the like, or the number if nothing is known. */
function describeDescriptor(fd: number): string {
  if (fd === AT_FDCWD) return "AT_FDCWD";
  // Not by its wrapper: where that failed it would come here again.
  const name = new TextEncoder().encode(`/proc/self/fd/${fd}\0`);
  const length = libc.readlinkat(AT_FDCWD, name, linkText, BigInt(linkText.length));
  // A plain chroot has no /proc.
  if (length <= 0) return String(fd);
  const text = fromBytes(linkText.subarray(0, length));
  if (!text.startsWith("/")) return decodePath(text);
  if (!text.endsWith(DELETED)) return quote(decodePath(text));
  return `${quote(decodePath(text.slice(0, -DELETED.length) as ByteString))}${DELETED}`;
}

/** Modes, and the flags of open(2), are read in octal. */
export function octal(value: number): { toString(): string } {
  return { toString: () => `0o${value.toString(8)}` };
}

/**
 * Returns if a signal interrupted the call, which is to be made again then; else it fails.
 *
 * @param errno of the call. It comes first, as it is lost where the arguments are put together before.
 * @throws {SyscallError} with any other errno than EINTR.
 */
export function restartOrFail(errno: number, call: string, args: readonly unknown[]): void {
  if (errno !== EINTR) fail(errno, call, args);
}

function formatArgument(value: unknown): string {
  if (typeof value === "string") return quote(decodePath(value as ByteString));
  if (value === AT_FDCWD) return "AT_FDCWD";
  if (value === undefined) return "NULL";
  return String(value);
}

/** Puts a path into a shared buffer, NUL-terminated. */
export function put(call: string, path: ByteString, slot: 0 | 1 = 0): Uint8Array<ArrayBuffer> {
  const buffer = pathBuffers[slot];
  const length = path.length;
  if (length >= PATH_MAX) fail(36, call, [`a path of ${length} bytes`]);
  for (let at = 0; at < length; at++) {
    const byte = path.charCodeAt(at);
    if (byte === 0 || byte > 255) fail(22, call, [path]);
    buffer[at] = byte;
  }
  buffer[length] = 0;
  return buffer;
}
