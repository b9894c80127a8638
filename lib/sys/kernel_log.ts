/**
 * Owns what the kernel says in its log from a moment on (dev-kmsg, Documentation/ABI/testing/dev-kmsg).
 * Where the log cannot be read it says nothing: it explains, and decides nothing.
 */

import { encodePath } from "../bytes.ts";
import { isErrno, SyscallError } from "../errors.ts";
import { close, lseek, openat, read } from "./calls.ts";
import { AT_FDCWD, O_NOCTTY, O_NONBLOCK, O_RDONLY, SEEK_END } from "./flags.ts";

/** A record is not larger (CONSOLE_EXT_LOG_MAX), and a smaller buffer is refused. */
const RECORD_BYTES = 8192;
/** A machine that logs without end must not keep the boot. */
const RECORDS_MAX = 1000;

/** A place in the kernel's log. */
export interface KernelLog extends Disposable {
  /** Returns the messages since the last call, or since it was opened. */
  readNew(): string[];
}

/** Opens the log at its end. */
export function openKernelLog(): KernelLog {
  const fd = open();
  return {
    readNew: () => fd === undefined ? [] : readRecords(fd),
    [Symbol.dispose]: () => {
      if (fd !== undefined) close(fd);
    },
  };
}

function open(): number | undefined {
  let fd: number | undefined;
  try {
    fd = openat(AT_FDCWD, encodePath("/dev/kmsg"), O_RDONLY | O_NONBLOCK | O_NOCTTY);
    lseek(fd, 0, SEEK_END);
    return fd;
  } catch (error) {
    if (fd !== undefined) close(fd);
    if (error instanceof SyscallError) return undefined;
    throw error;
  }
}

function readRecords(fd: number): string[] {
  const messages: string[] = [];
  const buffer = new Uint8Array(RECORD_BYTES);
  for (let records = 0; records < RECORDS_MAX; records++) {
    try {
      const count = read(fd, buffer);
      if (count === 0) break;
      messages.push(parseRecord(new TextDecoder().decode(buffer.subarray(0, count))));
    } catch (error) {
      // The next records were overwritten before they were read.
      if (isErrno(error, "EPIPE")) continue;
      if (error instanceof SyscallError) break;
      throw error;
    }
  }
  return messages;
}

/** `PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;MESSAGE`, then lines of what belongs to it. */
function parseRecord(text: string): string {
  return text.slice(text.indexOf(";") + 1).split("\n", 1)[0]!;
}
