/**
 * Owns the reading of strace's output: which system calls the program itself makes, and where a fault went in.
 */

/** The n-th use of a system call by the program's main thread. */
export interface Call {
  name: string;
  /** As strace counts them for `when=`: per thread, from the start of the process. */
  number: number;
}

/**
 * Calls that are the runtime's own business (memory, threads, time, terminals), or cannot fail. A close that fails has
 * closed all the same (close(2)), and one whose failure strace makes up has not.
 */
const NOT_OURS = new Set([
  ...["execve", "exit", "exit_group", "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "futex"],
  ...["clone", "clone3", "set_robust_list", "set_tid_address", "rseq", "gettid", "getpid", "sched_yield"],
  ...["sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_setscheduler", "clock_nanosleep"],
  ...[
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "epoll_wait",
    "epoll_ctl",
    "getrandom",
  ],
  ...["epoll_create1", "eventfd2", "geteuid", "getuid", "getegid", "getgid", "umask", "restart_syscall"],
  ...["close", "prctl", "arch_prctl", "prlimit64", "sysinfo", "uname", "poll", "clock_gettime", "membarrier"],
]);

/** How the runtime's threads wake one another: a write to an eventfd (eventfd(2)). */
const WAKE = '"\\1\\0\\0\\0\\0\\0\\0\\0", 8)';

interface Line extends Call {
  text: string;
}

/** Lists the calls that the main thread makes once the program has opened its root, which is the first it does. */
export function listCalls(trace: string, root: string): Call[] {
  const lines = readMainThread(trace);
  const start = lines.findIndex((line) => isStart(line, root));
  if (start < 0) throw new Error(`Cannot read the trace: it never opens "${root}"`);
  return lines.slice(start).filter(isOurs).map(({ name, number }) => ({ name, number }));
}

/** Returns the call that a fault went into, undefined where that is the runtime's or none was reached. */
export function findFault(trace: string, root: string): string | undefined {
  const lines = readMainThread(trace);
  const start = lines.findIndex((line) => isStart(line, root));
  if (start < 0) return undefined;
  return lines.slice(start).find((line) => line.text.endsWith("(INJECTED)") && isOurs(line))?.text;
}

function isOurs({ name, text }: Line): boolean {
  return !NOT_OURS.has(name) && !text.includes(WAKE);
}

function isStart({ name, text }: Line, root: string): boolean {
  return name === "openat" && text.includes(`"${root}"`);
}

function readMainThread(trace: string): Line[] {
  const counts = new Map<string, number>();
  const lines: Line[] = [];
  let main: string | undefined;
  for (const line of trace.split("\n")) {
    const match = line.match(/^(\d+) +(?:(\w+)\(|<\.\.\. \w+ resumed>)(.*)$/);
    if (match === null) continue;
    const [, pid, name, rest = ""] = match;
    main ??= pid;
    if (pid !== main) continue;
    if (name === undefined) {
      // The rest of the line before it.
      const last = lines.at(-1);
      if (last !== undefined) last.text += rest;
      continue;
    }
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    lines.push({ name, number, text: `${name}(${rest}` });
  }
  return lines;
}
