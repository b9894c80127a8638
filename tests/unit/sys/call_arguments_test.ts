/** Tests what the error of a failed system call shows of its arguments. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { SyscallError } from "../../../lib/errors.ts";
import { fail } from "../../../lib/sys/call_arguments.ts";
import { close, fchown, openat, read, unlinkat, writeAll } from "../../../lib/sys/calls.ts";
import { AT_FDCWD, O_DIRECTORY, O_PATH, O_RDONLY } from "../../../lib/sys/flags.ts";

/** Calls `use` with a directory that holds the file `a "b"`. */
function withDirectory(use: (path: string) => void): void {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "torcx-arguments-" }));
  try {
    Deno.writeTextFileSync(`${path}/a "b"`, "");
    use(path);
  } finally {
    Deno.removeSync(path, { recursive: true });
  }
}

function withDescriptor(path: string, use: (fd: number) => void, flags = O_RDONLY): void {
  const fd = openat(AT_FDCWD, encodePath(path), flags);
  try {
    use(fd);
  } finally {
    close(fd);
  }
}

/** Asserts on an error's whole message. */
function assertMessage(call: () => unknown, message: string): void {
  assertEquals(assertThrows(call, SyscallError).message, message);
}

Deno.test("a failed call shows the paths behind its descriptors, not their numbers", () =>
  withDirectory((path) => {
    for (const flags of [O_RDONLY | O_DIRECTORY, O_PATH | O_DIRECTORY]) {
      withDescriptor(path, (fd) => {
        assertMessage(
          () => openat(fd, encodePath("none"), O_RDONLY),
          `openat("${path}", "none", 0o0): ENOENT (No such file or directory)`,
        );
        assertMessage(
          () => unlinkat(fd, encodePath("none")),
          `unlinkat("${path}", "none", 0): ENOENT (No such file or directory)`,
        );
      }, flags);
    }
    withDescriptor(
      path,
      (fd) => assertMessage(() => read(fd, new Uint8Array(4)), `read("${path}", 4): EISDIR (Is a directory)`),
    );
    withDescriptor(`${path}/a "b"`, (fd) =>
      assertMessage(
        () => writeAll(fd, new Uint8Array(3)),
        `write("${path}/a \\"b\\"", 3): EBADF (Bad file descriptor)`,
      ));
  }));

Deno.test("a failed call shows the path that a removed file had, and that it is removed", () =>
  withDirectory((path) =>
    withDescriptor(`${path}/a "b"`, (fd) => {
      Deno.removeSync(`${path}/a "b"`);
      assertMessage(
        () => writeAll(fd, new Uint8Array(3)),
        `write("${path}/a \\"b\\"" (deleted), 3): EBADF (Bad file descriptor)`,
      );
    })
  ));

Deno.test("a failed call shows what the kernel calls a descriptor without a path", () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const sockets = [...Deno.readDirSync("/proc/self/fd")].map(({ name }) => {
    try {
      return { fd: Number(name), text: Deno.readLinkSync(`/proc/self/fd/${name}`) };
    } catch {
      return { fd: -1, text: "" };
    }
  }).filter(({ text }) => /^socket:\[\d+\]$/.test(text));
  assertEquals(listener.addr.transport, "tcp");
  const { fd, text } = sockets[0]!;
  assertMessage(
    () => openat(fd, encodePath("x"), O_RDONLY),
    `openat(${text}, "x", 0o0): ENOTDIR (Not a directory)`,
  );
});

Deno.test("a failed call shows AT_FDCWD by its name, and the number of what is no descriptor", () => {
  assertMessage(
    () => openat(AT_FDCWD, encodePath("/none"), O_RDONLY),
    'openat(AT_FDCWD, "/none", 0o0): ENOENT (No such file or directory)',
  );
  // The look at the path fails with ENOENT; the error stays the call's own.
  assertMessage(() => fchown(99_999, 0, 0), "fchown(99999, 0, 0): EBADF (Bad file descriptor)");
  assertMessage(() => fchown(-1, 0, 0), "fchown(-1, 0, 0): EBADF (Bad file descriptor)");
});

Deno.test("fail() leaves numbers that are no descriptors as they are", () => {
  assertMessage(() => fail(1, "mount", [0, undefined]), "mount(0, NULL): EPERM (Operation not permitted)");
});
