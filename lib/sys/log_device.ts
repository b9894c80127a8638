/**
 * Owns line-wise writing to a log device such as /dev/kmsg: one line is one write(2). It refuses to choose
 * the device.
 */

import { encodePath } from "../bytes.ts";
import { close, openat, writeAll } from "./calls.ts";
import { AT_FDCWD, O_NOCTTY, O_WRONLY } from "./flags.ts";

/** printk's record limit is near 1 KiB (CONSOLE_EXT_LOG_MAX, LOG_LINE_MAX); longer writes are EINVAL. */
const LINE_BYTES_MAX = 960;

/** An open log device. */
export interface LogDevice extends Disposable {
  /** Writes one line; the device adds what ends it. A long one is cut. */
  writeLine(line: string): void;
}

/**
 * Opens a log device for writing.
 *
 * @throws {SyscallError} if it cannot be opened.
 */
export function openLogDevice(path: string): LogDevice {
  const fd = openat(AT_FDCWD, encodePath(path), O_WRONLY | O_NOCTTY);
  return {
    writeLine(line: string): void {
      const bytes = new TextEncoder().encode(line);
      writeAll(fd, bytes.length > LINE_BYTES_MAX ? bytes.slice(0, LINE_BYTES_MAX) : bytes);
    },
    [Symbol.dispose](): void {
      close(fd);
    },
  };
}
