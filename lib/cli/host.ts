/**
 * Owns the `Host` that is the real process: its streams, its signals, what the kernel says of it.
 * It refuses argv, the environment and the exit: those are `main.ts`'s, which calls it.
 */

import { encodePath } from "../bytes.ts";
import { TorcxError } from "../errors.ts";
import { statx } from "../sys/calls.ts";
import { findProcText } from "../sys/proc.ts";
import type { Host } from "./context.ts";
import type { Environment } from "./options.ts";
import type { ByteSink, Stream } from "./output.ts";

/** The width where a terminal does not tell its own. */
const FALLBACK_COLUMNS = 80;
const STDERR_FD = 2;

/** Returns the process as the host of a command, and listens to SIGINT and SIGTERM from now on. */
export function openHost(environment: Environment): Host {
  return {
    environment,
    stdout: openStream(Deno.stdout),
    stderr: openStream(Deno.stderr),
    isJournal: isJournal(environment["JOURNAL_STREAM"]),
    versions: { ...Deno.version, target: Deno.build.target },
    programPath: Deno.execPath(),
    signal: listenToSignals(),
    readKernelCommandLine,
    readMemoryBytes,
    getWorkingDirectory: () => Deno.cwd(),
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
  const { dev, ino } = statx(STDERR_FD, encodePath(""));
  return variable === `${makeDevice(dev >> 32n, dev & 0xffff_ffffn)}:${ino}`;
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
  const match = /^MemTotal: +([0-9]+) kB$/m.exec(findProcText("meminfo") ?? "");
  return match === null ? undefined : Number(match[1]) * 1024;
}

/**
 * The first signal asks for an orderly end: what writes is synchronous and finishes, what takes long
 * looks at the AbortSignal. The second one kills as if nobody listened.
 */
function listenToSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    const listener = (): void => {
      Deno.removeSignalListener(name, listener);
      controller.abort(new TorcxError("failed", `Cannot go on: ${name} was received`));
    };
    Deno.addSignalListener(name, listener);
  }
  return controller.signal;
}
