/**
 * Owns exclusive locks on files of their own, 0600, so that nobody but their owner can hold one, and who
 * holds such a lock, which /proc/locks tells everybody. It refuses to wait without end.
 */

import { type ByteString, decodePath, encodePath } from "../bytes.ts";
import { isErrno, quote, TorcxError } from "../errors.ts";
import { close, fchmod, flock, futimens, geteuid, openat, statx } from "./calls.ts";
import {
  LOCK_EX,
  LOCK_NB,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDWR,
} from "./flags.ts";
import { guessProcText } from "./proc.ts";
import { toFileStat } from "./file_stat.ts";
import type { Root } from "./root.ts";

const LOCK_MODE = 0o600;
/** Milliseconds between two looks at a lock that is held. */
const POLL_INTERVAL = 25;
const EMPTY = encodePath("");

/** Options of {@linkcode acquireLock}. */
export interface LockOptions {
  /** What cannot be done without the lock, e.g. `Cannot apply`. */
  intent: string;
  /** How long to wait for another holder, in milliseconds. Default 10 000. */
  timeout?: number;
  /** The way out if somebody else holds it. */
  hint?: string;
}

/**
 * Takes the lock, and makes its file if there is none. Disposing it lets it go; the file stays.
 *
 * @throws {TorcxError} `busy` if somebody else still holds it at the end of the time.
 * @throws {TorcxError} `invalid` if there is something else of this name, or another user's file.
 */
export function acquireLock(root: Root, path: ByteString, options: LockOptions): Disposable {
  const end = performance.now() + (options.timeout ?? 10_000);
  for (;;) {
    const fd = openLock(root, path, { intent: options.intent });
    if (!tryLock(fd)) {
      close(fd);
      if (performance.now() >= end) throw describeHolder(root, path, options);
      // Synchronous, as every caller is: what waits here has begun nothing that would be undone.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_INTERVAL);
      continue;
    }
    // Whoever removed the file meanwhile left this lock without a name: the next one would get another.
    const [held, named] = [statx(fd, EMPTY), root.findLstat(path)];
    if (named?.ino === held.ino && named.dev === held.dev) return hold(fd);
    close(fd);
  }
}

/** Makes the file of a lock that nobody else knows yet, and takes it. */
export function makeLockAt(directory: number, name: ByteString): Disposable {
  const fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, LOCK_MODE);
  try {
    fchmod(fd, LOCK_MODE);
    flock(fd, LOCK_EX | LOCK_NB);
    return hold(fd);
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** Takes the lock of a file that is there if nobody holds it; undefined if somebody does. */
export function tryLockAt(directory: number, name: ByteString): Disposable | undefined {
  const fd = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (tryLock(fd)) return hold(fd);
  close(fd);
  return undefined;
}

function hold(fd: number): Disposable {
  const now = Date.now();
  // Its time says since when it is held.
  futimens(fd, BigInt(Math.floor(now / 1000)), now % 1000 * 1_000_000);
  return { [Symbol.dispose]: () => close(fd) };
}

function openLock(root: Root, path: ByteString, { intent }: { intent: string }): number {
  let fd: number;
  try {
    fd = root.withParent(
      path,
      (dir, name) => openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, LOCK_MODE),
    );
  } catch (cause) {
    if (!(cause instanceof TorcxError)) throw cause;
    throw new TorcxError(cause.code, `${intent}: lock file ${quote(decodePath(path))} does not open`, {
      cause,
    });
  }
  try {
    const { type, uid, mode, nlink } = toFileStat(statx(fd, EMPTY));
    // A second name of somebody's file would have that file's mode changed.
    if (type !== "file" || uid !== geteuid() || nlink > 1) {
      const state = uid === geteuid() ? "has another name" : `belongs to user ${uid}`;
      const found = type === "file" ? state : `is a ${type}`;
      throw new TorcxError("invalid", `${intent}: lock file ${quote(decodePath(path))} ${found}`, {
        hint: "Remove it if nothing else needs it",
      });
    }
    // Whoever can open it can hold it.
    if (mode !== LOCK_MODE) fchmod(fd, LOCK_MODE);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

function tryLock(fd: number): boolean {
  try {
    flock(fd, LOCK_EX | LOCK_NB);
    return true;
  } catch (error) {
    if (isErrno(error, "EAGAIN")) return false;
    close(fd);
    throw error;
  }
}

function describeHolder(root: Root, path: ByteString, { intent, hint }: LockOptions): TorcxError {
  const holder = findLockHolder(root, path);
  const name = typeof holder === "object" ? ` (process ${holder.pid})` : "";
  return new TorcxError("busy", `${intent}: another torcx is at work${name}`, {
    hint: hint ?? "Wait for it to end, then try again",
  });
}

/** Who holds a lock. */
export interface LockHolder {
  /** The process, as this one's pid namespace counts. */
  pid: number;
  /** When it took the lock. */
  since: Date;
}

/**
 * Finds who holds the lock of a file; whoever can look up the path may ask.
 *
 * @returns undefined if nobody holds it, `"unknown"` if the kernel's list of locks cannot be had.
 */
export function findLockHolder(root: Root, path: ByteString): LockHolder | "unknown" | undefined {
  let fd: number;
  try {
    fd = root.open(path, O_PATH | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
  try {
    const { ino, mtimeSec, mtimeNsec } = statx(fd, EMPTY);
    const [locks, device] = [guessProcText("locks"), findDevice(fd)];
    if (locks === undefined || device === undefined) return "unknown";
    const pid = findPid(locks, `${device}:${ino}`);
    if (pid === undefined) return undefined;
    return { pid, since: new Date(mtimeSec * 1000 + Math.floor(mtimeNsec / 1_000_000)) };
  } finally {
    close(fd);
  }
}

/**
 * Returns the device of a file as /proc/locks writes it: that of the file system. stat(2) has another one
 * on btrfs and overlayfs.
 */
function findDevice(fd: number): string | undefined {
  const id = /^mnt_id:\s*(\d+)$/m.exec(guessProcText(`self/fdinfo/${fd}`) ?? "")?.[1];
  // mountinfo, proc(5): mount id, parent's, MAJOR:MINOR in decimal.
  const line = guessProcText("thread-self/mountinfo")?.split("\n").find((text) => text.startsWith(`${id} `));
  const match = /^\d+ \d+ (\d+):(\d+) /.exec(line ?? "");
  if (match === null) return undefined;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return [major, minor].map((part) => part.toString(16).padStart(2, "0")).join(":");
}

/** Looks for the holder of a flock(2) lock, e.g. `1: FLOCK  ADVISORY  WRITE 123 00:1b:456 0 EOF`. */
function findPid(locks: string, file: string): number | undefined {
  for (const line of locks.split("\n")) {
    // One that waits for the lock has `->` as its second word.
    const [, kind, , , pid, place] = line.split(/\s+/);
    if (kind === "FLOCK" && place === file) return Number(pid);
  }
  return undefined;
}
