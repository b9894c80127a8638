/**
 * Owns the one dlopen of the program, at the first call of each function, and the signature of each libc function it
 * uses. It refuses meaning.
 *
 * Results of ssize_t are declared i32: no call here moves 2 GiB at once, and a 32-bit result spares a BigInt
 * per call. `buffer` parameters take NUL-terminated bytes or plain memory.
 */

/** libc's functions, as in their man pages. */
const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  pread64: { parameters: ["i32", "buffer", "usize", "i64"], result: "i32" },
  pwrite64: { parameters: ["i32", "buffer", "usize", "i64"], result: "i32" },
  lseek64: { parameters: ["i32", "i64", "i32"], result: "i64" },
  ftruncate64: { parameters: ["i32", "i64"], result: "i32" },
  fsync: { parameters: ["i32"], result: "i32" },
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  mkfifoat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  symlinkat: { parameters: ["buffer", "i32", "buffer"], result: "i32" },
  linkat: { parameters: ["i32", "buffer", "i32", "buffer", "i32"], result: "i32" },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  renameat: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  renameat2: { parameters: ["i32", "buffer", "i32", "buffer", "u32"], result: "i32" },
  readlinkat: { parameters: ["i32", "buffer", "buffer", "usize"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  fchown: { parameters: ["i32", "u32", "u32"], result: "i32" },
  fchownat: { parameters: ["i32", "buffer", "u32", "u32", "i32"], result: "i32" },
  fchmod: { parameters: ["i32", "u32"], result: "i32" },
  fchmodat: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  futimens: { parameters: ["i32", "buffer"], result: "i32" },
  utimensat: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  fsetxattr: { parameters: ["i32", "buffer", "buffer", "usize", "i32"], result: "i32" },
  fgetxattr: { parameters: ["i32", "buffer", "buffer", "usize"], result: "i32" },
  flistxattr: { parameters: ["i32", "buffer", "usize"], result: "i32" },
  fremovexattr: { parameters: ["i32", "buffer"], result: "i32" },
  unshare: { parameters: ["i32"], result: "i32" },
  lsetxattr: { parameters: ["buffer", "buffer", "buffer", "usize", "i32"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  fstatfs64: { parameters: ["i32", "buffer"], result: "i32" },
  mount: { parameters: ["buffer", "buffer", "buffer", "usize", "buffer"], result: "i32" },
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  geteuid: { parameters: [], result: "u32" },
  getegid: { parameters: [], result: "u32" },
  umask: { parameters: ["u32"], result: "u32" },
  openat2: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "buffer", "usize"],
    result: "i32",
  },
  fsopen: { name: "syscall", parameters: ["i64", "buffer", "i64"], result: "i32" },
  fsconfig: { name: "syscall", parameters: ["i64", "i64", "i64", "buffer", "buffer", "i64"], result: "i32" },
  fsmount: { name: "syscall", parameters: ["i64", "i64", "i64", "i64"], result: "i32" },
  getdents64: { name: "syscall", parameters: ["i64", "i32", "buffer", "usize"], result: "i32" },
  ioctl_buffer: { name: "ioctl", parameters: ["i32", "usize", "buffer"], result: "i32" },
  ioctl_value: { name: "ioctl", parameters: ["i32", "usize", "usize"], result: "i32" },
  strerror: { parameters: ["i32"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

type Functions = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
type Name = keyof Functions;

// The address of errno is fixed for a thread, and synchronous FFI stays on the main thread.
let errnoCell: Int32Array | undefined;

function open<N extends Name>(name: N): Functions[N] {
  errnoCell ??= new Int32Array(
    Deno.UnsafePointerView.getArrayBuffer(dlopen("__errno_location").__errno_location()!, 4),
  );
  return dlopen(name)[name];
}

function dlopen<N extends Name>(name: N): Functions {
  const symbol = { [name]: SYMBOLS[name] } as Pick<typeof SYMBOLS, N>;
  return Deno.dlopen("libc.so.6", symbol).symbols as unknown as Functions;
}

/** Returns what stands in a function's place until it is first called: it opens the function, and calls it. */
function makeOpener(name: Name): (...args: never[]) => unknown {
  return (...args) => {
    const call = open(name);
    Object.assign(libc, { [name]: call });
    return (call as (...args: never[]) => unknown)(...args);
  };
}

/** libc's functions, each opened at its first call: all of them would take 10 ms. */
export const libc = Object.fromEntries(
  Object.keys(SYMBOLS).map((name) => [name, makeOpener(name as Name)]),
) as unknown as Functions;

/**
 * Returns the errno of the call just made. It is to be read before anything else is done: memory that V8 asks for, or a
 * function that it compiles, can make it wait for a lock, and its first wait opens a file that is not there.
 */
export function getErrno(): number {
  return errnoCell === undefined ? 0 : errnoCell[0]!;
}

// Compiled now, not between a call and its errno.
getErrno();

/** Returns libc's text for an errno, e.g. `No such file or directory`. */
export function getErrorText(errno: number): string {
  const pointer = libc.strerror(errno);
  return pointer === null ? `error ${errno}` : Deno.UnsafePointerView.getCString(pointer);
}
