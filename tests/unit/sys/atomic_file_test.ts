/** Tests that a file appears whole or not at all. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { SyscallError } from "../../../lib/errors.ts";
import { isTemporaryName, makeTemporaryName, writeFileAtomicAt } from "../../../lib/sys/atomic_file.ts";
import type { Root } from "../../../lib/sys/root.ts";
import { withTree } from "../../support/nodes.ts";

const DATA = new TextEncoder().encode("new");

function write(root: Root, name: string, options: { mode: number; isNew?: boolean }): void {
  const place = { dir: root.fd, name: encodePath(name), path: encodePath(`/${name}`) };
  writeFileAtomicAt(place, DATA, options);
}

Deno.test("writeFileAtomicAt() replaces a file, a symlink itself, with the mode whatever the umask", () =>
  withTree({ f: "old", t: "target", l: { link: "t" } }, ({ root, path }) => {
    const before = Deno.umask(0o077);
    try {
      for (const name of ["f", "l", "g"]) write(root, name, { mode: 0o664 });
    } finally {
      Deno.umask(before);
    }
    for (const name of ["f", "l", "g"]) {
      assertEquals(Deno.readTextFileSync(`${path}/${name}`), "new");
      assertEquals(Deno.lstatSync(`${path}/${name}`).mode! & 0o7777, 0o664);
    }
    assertEquals(Deno.readTextFileSync(`${path}/t`), "target");
    assertEquals([...Deno.readDirSync(path)].length, 4);
  }));

Deno.test("writeFileAtomicAt() leaves a file alone that must be new, and one it cannot replace; nothing is beside it", () =>
  withTree({ f: "old", "d/x": "" }, ({ root, path }) => {
    assertThrows(() => write(root, "f", { mode: 0o644, isNew: true }), SyscallError, "EEXIST");
    assertThrows(() => write(root, "d", { mode: 0o644 }), SyscallError, "EISDIR");
    assertEquals(Deno.readTextFileSync(`${path}/f`), "old");
    assertEquals([...Deno.readDirSync(path)].map(({ name }) => name).sort(), ["d", "f"]);
    write(root, "g", { mode: 0o600, isNew: true });
    assertEquals([...Deno.readDirSync(path)].map(({ name }) => name).sort(), ["d", "f", "g"]);
  }));

Deno.test("makeTemporaryName() makes names that only isTemporaryName() takes for such", () => {
  const names = Array.from({ length: 100 }, makeTemporaryName);
  assertEquals(new Set(names).size, 100);
  assertEquals(names.filter((name) => !isTemporaryName(name)), []);
  const others = [
    ".torcx-1.tmp",
    "torcx-1-2-a.tmp",
    ".torcx-1-2-a.tmp~",
    ".torcx-1-2-A.tmp",
    ".torcx-a-2-a.tmp",
  ];
  assertEquals(others.map(encodePath).filter(isTemporaryName), []);
});
