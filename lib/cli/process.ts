/**
 * Owns the real `Process`: its streams, what the kernel says of it. It refuses argv, the
 * environment, signals and the exit: those are `main.ts`'s.
 */

import { SyscallError, TorcxError } from "../errors.ts";
import type { ByteSink } from "../sys/byte_sink.ts";
import { readDescriptorStat } from "../sys/file_stat.ts";
import { findProcText, guessProcText } from "../sys/proc.ts";
import type { Process } from "./context.ts";
import { openInput } from "./input.ts";
import type { Environment } from "./options/parse.ts";
import type { Stream } from "./output.ts";
import { STD_SOURCE } from "./std_source.ts";

/** The width where a terminal does not tell its own. */
const FALLBACK_COLUMNS = 80;
const STDERR_FD = 2;

/** Returns the real process, for a command. */
export function openProcess(environment: Environment, signal: AbortSignal): Process {
  return {
    environment,
    stdout: openStream(Deno.stdout),
    stderr: openStream(Deno.stderr),
    stdin: openInput(Deno.stdin),
    isJournal: isJournal(environment["JOURNAL_STREAM"]),
    versions: { ...Deno.version, target: Deno.build.target, std: STD_SOURCE },
    signal,
    readKernelCommandLine,
    readMemoryBytes,
    getWorkingDirectory,
    now: () => new Date(),
  };
}

function openStream(stream: ByteSink & { isTerminal(): boolean }): Stream {
  const isTerminal = stream.isTerminal();
  return { sink: stream, isTerminal, columns: isTerminal ? readColumns() : FALLBACK_COLUMNS };
}

function readColumns(): number {
  try {
    return Deno.consoleSize().columns || FALLBACK_COLUMNS;
  } catch {
    // No stream of the process has a size, e.g. on a serial console.
    return FALLBACK_COLUMNS;
  }
}

/** JOURNAL_STREAM is `DEVICE:INODE` of the stream that systemd opened, see systemd.exec(5). */
function isJournal(variable: string | undefined): boolean {
  if (variable === undefined) return false;
  try {
    const { dev, ino } = readDescriptorStat(STDERR_FD);
    return variable === `${makeDevice(dev >> 32n, dev & 0xffff_ffffn)}:${ino}`;
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
}

/** makedev(3) as glibc and the kernel's new_encode_dev count. */
function makeDevice(major: bigint, minor: bigint): bigint {
  return ((major & 0xfffn) << 8n) | ((major & ~0xfffn) << 32n) | (minor & 0xffn) | ((minor & ~0xffn) << 12n);
}

function readKernelCommandLine(): string {
  return findProcText("cmdline") ?? "";
}

/** MemTotal of proc_meminfo(5), which counts in KiB. */
function readMemoryBytes(): number | undefined {
  const match = /^MemTotal: +([0-9]+) kB$/m.exec(guessProcText("meminfo") ?? "");
  return match === null ? undefined : Number(match[1]) * 1024;
}

/** Where it is started in a directory that is gone since, getcwd(2) fails. */
function getWorkingDirectory(): string {
  try {
    return Deno.cwd();
  } catch (cause) {
    throw new TorcxError("not_found", "Cannot find the working directory: it is gone", {
      cause,
      hint: "Go to a directory that exists, or give absolute paths",
    });
  }
}
