/**
 * Owns which signals ask this process for an orderly end, and how that is told to what works. It refuses to
 * undo anything: what works looks at the AbortSignal between its steps.
 */

import { SignalError } from "../errors.ts";
import { guessProcText } from "./proc.ts";

/** The signals that ask for an end, and their numbers on every architecture of Linux (signal(7)). */
const END_SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

/**
 * Listens to the signals that ask for an end. The first one aborts with a {@linkcode SignalError}: what
 * writes is synchronous and finishes, what takes long looks at the AbortSignal. The second one kills as if
 * nobody listened. SIGXFSZ does nothing from now on, so that a write beyond the limit is EFBIG.
 */
export function listenToSignals(): AbortSignal {
  const controller = new AbortController();
  const ignored = readIgnoredSignals();
  for (const [name, number] of Object.entries(END_SIGNALS) as [keyof typeof END_SIGNALS, number][]) {
    // Started by nohup(1), or in the background by a shell: they are not for this process. A listener it must
    // have all the same: with one for any signal Deno ends the process at HUP, INT and TERM by itself.
    if ((ignored & (1n << BigInt(number - 1))) !== 0n) {
      Deno.addSignalListener(name, () => {});
      continue;
    }
    const listener = (): void => {
      Deno.removeSignalListener(name, listener);
      controller.abort(new SignalError(name, number));
    };
    Deno.addSignalListener(name, listener);
  }
  Deno.addSignalListener("SIGXFSZ", () => {});
  return controller.signal;
}

/** SigIgn of proc_pid_status(5): a bit for each signal. */
function readIgnoredSignals(): bigint {
  const match = /^SigIgn:\s*([0-9a-f]+)$/m.exec(guessProcText("self/status") ?? "");
  return match === null ? 0n : BigInt(`0x${match[1]}`);
}
