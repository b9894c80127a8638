/**
 * Owns line-wise writing to a log device such as /dev/kmsg: one line is one write(2). It refuses to choose
 * the device.
 */

import { encodePath } from "../bytes.ts";
import { SyscallError } from "../errors.ts";
import { close, openat, writeAll } from "./calls.ts";
import { AT_FDCWD, O_APPEND, O_NOCTTY, O_WRONLY } from "./flags.ts";

/**
 * /dev/kmsg takes 10 lines in 5 s of one opening, and drops the rest (include/linux/ratelimit.h,
 * DEFAULT_RATELIMIT_BURST; kernel/printk/printk.c, devkmsg_open): what is said last, an error, was lost so.
 */
const LINES_PER_OPENING = 8;

/** printk's record limit is near 1 KiB (CONSOLE_EXT_LOG_MAX, LOG_LINE_MAX); longer writes are EINVAL. */
const LINE_BYTES_MAX = 960;

/** An open log device. */
export interface LogDevice extends Disposable {
  /** Writes one line; the device adds what ends it. A long one is cut. */
  writeLine(line: string): void;
}

/**
 * Opens a log device for writing; it is opened anew where one opening takes no more.
 *
 * @throws {SyscallError} if it cannot be opened.
 */
export function openLogDevice(path: string): LogDevice {
  const open = (): number => openat(AT_FDCWD, encodePath(path), O_WRONLY | O_NOCTTY | O_APPEND);
  let fd = open();
  let lines = 0;
  const reopen = (): void => {
    try {
      const next = open();
      close(fd);
      fd = next;
    } catch (error) {
      // The old one still takes a line in a while.
      if (!(error instanceof SyscallError)) throw error;
    }
    lines = 0;
  };
  return {
    writeLine(line: string): void {
      if (lines === LINES_PER_OPENING) reopen();
      lines++;
      const bytes = new TextEncoder().encode(line);
      writeAll(fd, bytes.length > LINE_BYTES_MAX ? bytes.slice(0, LINE_BYTES_MAX) : bytes);
    },
    [Symbol.dispose](): void {
      close(fd);
    },
  };
}
