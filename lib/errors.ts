/**
 * Owns the error classes of the whole program and how a chain of them is told. It refuses to print and to
 * exit.
 */

/** What kind of failure an error is; scripts and tests switch on it. */
export type ErrorCode =
  | "usage" // wrong arguments: exit 2
  | "invalid" // a file or value that was read has a wrong shape
  | "not_found" // something that must exist does not
  | "exists" // something that must not exist does
  | "busy" // somebody else holds the lock
  | "unsupported" // valid, but not for this system or this version
  | "archive" // malformed or hostile archive
  | "untrusted" // a signature or a digest does not hold
  | "network" // a server did not answer as it should
  | "no_space" // tmpfs or disk is full
  | "syscall" // the kernel refused
  | "failed"; // an operation of several steps failed; see the cause

/** Options of {@linkcode TorcxError}. */
export interface TorcxErrorOptions {
  /** The failure below this one. */
  cause?: unknown;
  /** The way out, one sentence without a final period. */
  hint?: string;
}

/**
 * An expected failure: the message says what was attempted, then a colon, then the state that was
 * found; `cause` is the failure below, `hint` the way out.
 */
export class TorcxError extends Error {
  override readonly name: string = "TorcxError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: TorcxErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.hint = options.hint;
  }
}

/** Wrong arguments of a command; the process ends with 2 and nothing was done. */
export class UsageError extends TorcxError {
  override readonly name = "UsageError";

  constructor(message: string, options: TorcxErrorOptions = {}) {
    super("usage", message, options);
  }
}

/** A malformed or hostile archive. The message names the entry where there is one. */
export class ArchiveError extends TorcxError {
  override readonly name = "ArchiveError";

  constructor(message: string, options: TorcxErrorOptions = {}) {
    super("archive", message, options);
  }
}

/** A system call that failed: `CALL(ARGUMENTS): ERRNO (text)`. */
export class SyscallError extends TorcxError {
  override readonly name = "SyscallError";
  /** The call's name as in its man page. */
  readonly call: string;
  /** The errno's name, e.g. `ENOENT`. */
  readonly errno: string;

  constructor(call: string, { args, errno, text }: { args: string; errno: string; text: string }) {
    super(errno === "ENOSPC" ? "no_space" : "syscall", `${call}(${args}): ${errno} (${text})`);
    this.call = call;
    this.errno = errno;
  }
}

/** A signal asked the program to end; it ends with 128 and the signal's number. */
export class SignalError extends TorcxError {
  override readonly name = "SignalError";
  /** The signal's number, signal(7). */
  readonly number: number;

  constructor(signal: string, number: number) {
    super("failed", `Cannot go on: ${signal} was received`);
    this.number = number;
  }
}

/** Returns whether an error is a {@linkcode SyscallError} with one of the errno names. */
export function isErrno(error: unknown, ...names: readonly string[]): error is SyscallError {
  return error instanceof SyscallError && names.includes(error.errno);
}

/** Returns the text in double quotes with control characters, quotes and backslashes escaped. */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (char === '"' || char === "\\") out += `\\${char}`;
    else if (char === "\n") out += "\\n";
    else if (char === "\t") out += "\\t";
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      out += `\\x${code.toString(16).padStart(2, "0")}`;
    } else if (
      code === 0x2028 || code === 0x2029 || (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069)
    ) {
      out += `\\u{${code.toString(16)}}`;
    } else out += char;
  }
  return out + '"';
}

/** Returns the messages of an error and its causes, outermost first; an aggregate's items follow it. */
export function listMessages(error: unknown): string[] {
  const messages: string[] = [];
  const seen = new Set<unknown>();
  const visit = (item: unknown): void => {
    if (item === undefined || item === null || seen.has(item)) return;
    seen.add(item);
    const message = item instanceof Error ? item.message : String(item);
    // An aggregate need not say more than its items.
    if (message !== "") messages.push(message);
    if (item instanceof AggregateError) { for (const sub of item.errors) visit(sub); }
    if (item instanceof Error) visit(item.cause);
  };
  visit(error);
  return messages;
}

/** Returns the hints of an error and its causes, outermost first, each once. */
export function listHints(error: unknown): string[] {
  const hints = new Set<string>();
  const seen = new Set<unknown>();
  const visit = (item: unknown): void => {
    if (!(item instanceof Error) || seen.has(item)) return;
    seen.add(item);
    if (item instanceof TorcxError && item.hint !== undefined) hints.add(item.hint);
    if (item instanceof AggregateError) { for (const sub of item.errors) visit(sub); }
    visit(item.cause);
  };
  visit(error);
  return [...hints];
}
