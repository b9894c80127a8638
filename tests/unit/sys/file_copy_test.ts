/** Tests copying a file: whole, with an exact mode, and never over what is there. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { SyscallError } from "../../../lib/errors.ts";
import { copyFile } from "../../../lib/sys/file_copy.ts";
import { withTree } from "../../support/nodes.ts";

const list = (path: string): string[] => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

Deno.test("copyFile() copies all bytes with the mode, and leaves no temporary file", () =>
  withTree({ from: "x".repeat(600_000), "d": { dir: true } }, ({ root, path }) => {
    using source = root.openFile(encodePath("/from"));
    using directory = root.openSub(encodePath("/d"));
    copyFile(source, directory, { name: encodePath("to"), mode: 0o4751 });
    assertEquals(Deno.readTextFileSync(`${path}/d/to`), "x".repeat(600_000));
    assertEquals(Deno.statSync(`${path}/d/to`).mode! & 0o7777, 0o4751);
    assertEquals(list(`${path}/d`), ["to"]);
  }));

Deno.test("copyFile() replaces nothing, a symlink to nowhere neither", async () => {
  for (const node of ["mine", { link: "../victim" }] as const) {
    await withTree({ from: "text", "d/to": node }, ({ root, path }) => {
      using source = root.openFile(encodePath("/from"));
      using directory = root.openSub(encodePath("/d"));
      assertThrows(
        () => copyFile(source, directory, { name: encodePath("to"), mode: 0o644 }),
        SyscallError,
        "EEXIST",
      );
      assertEquals([list(path), list(`${path}/d`)], [["d", "from"], ["to"]]);
    });
  }
});
