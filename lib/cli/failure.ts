/**
 * Owns what is said of an error at the end of the program, and the exit status that it gives. It refuses to
 * print and to exit.
 */

import {
  isErrno,
  listHints,
  listMessages,
  quote,
  SignalError,
  SyscallError,
  TorcxError,
  UsageError,
} from "../errors.ts";
import { EXIT } from "../exit.ts";
import { isRootUser } from "../sys/namespace.ts";

/** The end of a program that failed. */
export interface Failure {
  /** What is said, outermost first. */
  readonly messages: string[];
  readonly hints: string[];
  /** Where in the program it happened, for an error that nobody expected. */
  readonly stack: string | undefined;
  readonly status: number;
}

/** What the failure's surroundings were. */
export interface FailureOptions {
  /** Aborted by a signal: then that is what ended the program. */
  readonly signal: AbortSignal;
}

/** Describes an error that ended the program. */
export function describeFailure(error: unknown, { signal }: FailureOptions): Failure {
  const hints = listHints(error);
  const permission = findPermissionHint(error);
  const isFault = !(error instanceof TorcxError);
  return {
    messages: [...isFault ? ["Cannot go on: a fault of torcx itself"] : [], ...listMessages(error)],
    hints: permission === undefined || hints.includes(permission) ? hints : [...hints, permission],
    stack: isFault && error instanceof Error ? error.stack : undefined,
    status: getStatus(error, signal),
  };
}

/**
 * Returns an error that says what was attempted: a bare system call gets the program's name around it.
 *
 * @param program the program and its verb, e.g. `torcx apply`.
 */
export function withIntent(error: unknown, program: string): unknown {
  if (!(error instanceof SyscallError)) return error;
  return new TorcxError(error.code, `Cannot finish ${quote(program)}`, { cause: error });
}

function getStatus(error: unknown, signal: AbortSignal): number {
  if (signal.reason instanceof SignalError) return EXIT.signal + signal.reason.number;
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

/** Says what is missing where the kernel refused for want of rights. */
function findPermissionHint(error: unknown): string | undefined {
  const refusal = findInChain(error, (item) => isErrno(item, "EACCES", "EPERM"));
  if (!(refusal instanceof SyscallError)) return undefined;
  if (!isRootUser()) return "Run it as root";
  if (refusal.errno !== "EPERM" || !["mount", "umount2", "unshare"].includes(refusal.call)) return undefined;
  return "Mounts need the capability CAP_SYS_ADMIN: run it outside of the container, or with that capability";
}

function findInChain(error: unknown, matches: (item: unknown) => boolean): unknown {
  const seen = new Set<unknown>();
  const pending = [error];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    if (seen.has(item)) continue;
    seen.add(item);
    if (matches(item)) return item;
    if (item instanceof AggregateError) pending.push(...item.errors);
    if (item instanceof Error && item.cause !== undefined) pending.push(item.cause);
  }
  return undefined;
}
