/** Tests what is known of a directory that may be a mount point. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { findDirectoryStat } from "../../../lib/sys/directory_stat.ts";
import { withApplied } from "../../support/applied.ts";
import { testWith } from "../../support/needs.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("findDirectoryStat() knows a directory by device and inode, and follows no symlink", () =>
  withTree({ "d/e": { dir: true }, l: { link: "d" }, f: "" }, ({ root, path }) => {
    const stat = findDirectoryStat(root, encodePath("/d/e"))!;
    assertEquals([stat.ino, stat.isMounted], [BigInt(Deno.statSync(`${path}/d/e`).ino!), false]);
    for (const other of ["/l", "/f", "/none", "/f/x"]) {
      assertEquals(findDirectoryStat(root, encodePath(other)), undefined, other);
    }
  }));

testWith(
  "findDirectoryStat() knows a mount, and that it is read-only",
  { isRoot: true },
  () =>
    withApplied(({ root }) => {
      const find = (path: string): unknown => {
        const { isMounted, isReadOnly } = findDirectoryStat(root, encodePath(path))!;
        return [isMounted, isReadOnly];
      };
      assertEquals(find("/run/torcx/unpack"), [true, true]);
      assertEquals(find("/run/torcx/unpack/hello"), [false, true]);
      assertEquals(find("/run/torcx"), [false, false]);
    }),
);
