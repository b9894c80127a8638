/** Tests the kernel's numbers: both architectures' tables, and what the running kernel makes of its own. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { SyscallError } from "../../../lib/errors.ts";
import { close, openat } from "../../../lib/sys/calls.ts";
import { ARCH, ARCHITECTURES, AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from "../../../lib/sys/flags.ts";

Deno.test("ARCHITECTURES has each architecture's own numbers", () => {
  // asm-generic/fcntl.h with asm/unistd_64.h; arch/arm64/include/uapi/asm/fcntl.h with asm-generic/unistd.h.
  assertEquals(ARCHITECTURES, {
    x86_64: { O_DIRECTORY: 0x10000, O_NOFOLLOW: 0x20000, SYS_getdents64: 217 },
    aarch64: { O_DIRECTORY: 0x4000, O_NOFOLLOW: 0x8000, SYS_getdents64: 61 },
  });
});

Deno.test("ARCHITECTURES keeps O_LARGEFILE and O_DIRECT out of its flags", () => {
  // What one architecture calls O_NOFOLLOW is another flag of the other one, which is ignored silently.
  const others = {
    x86_64: { O_DIRECT: 0o40000, O_LARGEFILE: 0o100000 },
    aarch64: { O_DIRECT: 0o200000, O_LARGEFILE: 0o400000 },
  };
  for (const name of ["x86_64", "aarch64"] as const) {
    const table = ARCHITECTURES[name];
    const { O_DIRECT, O_LARGEFILE } = others[name];
    assertEquals((table.O_DIRECTORY | table.O_NOFOLLOW) & (O_DIRECT | O_LARGEFILE), 0, name);
  }
});

Deno.test("ARCH is the table of the running architecture", () => {
  assert(ARCH === ARCHITECTURES[Deno.build.arch as "x86_64" | "aarch64"]);
  assertEquals([O_DIRECTORY, O_NOFOLLOW], [ARCH.O_DIRECTORY, ARCH.O_NOFOLLOW]);
});

/** What the flag refuses, and the errno; the same path without the flag opens. */
const REFUSALS = [
  { flag: "O_NOFOLLOW", value: O_NOFOLLOW, path: "link", errno: "ELOOP" },
  { flag: "O_DIRECTORY", value: O_DIRECTORY, path: "file", errno: "ENOTDIR" },
];

for (const { flag, value, path, errno } of REFUSALS) {
  Deno.test(`openat() fails with ${errno} if ${flag} meets a ${path}`, () => {
    const directory = Deno.makeTempDirSync({ prefix: "torcx-flags-" });
    try {
      Deno.writeTextFileSync(`${directory}/file`, "");
      Deno.symlinkSync("file", `${directory}/link`);
      const name = encodePath(`${directory}/${path}`);
      close(openat(AT_FDCWD, name, O_RDONLY));
      const error = assertThrows(() => openat(AT_FDCWD, name, O_RDONLY | value), SyscallError);
      assertEquals(error.errno, errno);
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  });
}
