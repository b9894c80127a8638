/** Tests the removal of trees, by either resolver: no symlink is followed, no mount crossed. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { mountTmpfs, unmount } from "../../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../../lib/sys/namespace.ts";
import { emptyDirectory, removeDirectory } from "../../../lib/sys/removal.ts";
import { Root } from "../../../lib/sys/root.ts";
import { testWith } from "../../support/needs.ts";
import { type Node, withTree } from "../../support/nodes.ts";

const NODES: Record<string, Node> = {
  [`t/${Array(150).fill("d").join("/")}/f`]: "deep",
  "t/f": "x",
  "t/out": { link: "../kept" },
  "t/empty": { dir: true },
  "kept/f": "kept",
};

for (const resolver of ["openat2", "walk"] as const) {
  Deno.test(`removeDirectory() and emptyDirectory() remove what is below, and follow no symlink (${resolver})`, () =>
    withTree(NODES, ({ root, path }) => {
      {
        using target = root.openSub(encodePath("/t"));
        emptyDirectory(target.fd, encodePath("/t"), resolver);
        assertEquals([...Deno.readDirSync(`${path}/t`)], []);
      }
      Deno.symlinkSync("../kept", `${path}/t/out`);
      removeDirectory(root.fd, encodePath("t"), { path: encodePath("/t"), resolver });
      assertEquals([...Deno.readDirSync(path)].map(({ name }) => name), ["kept"]);
      assertEquals(Deno.readTextFileSync(`${path}/kept/f`), "kept");
      assertThrows(
        () => removeDirectory(root.fd, encodePath("t"), { path: encodePath("/t"), resolver }),
        TorcxError,
        "ENOENT",
      );
    }));

  testWith(`removeDirectory() removes nothing where something is mounted below (${resolver})`, {
    isRoot: true,
  }, async () => {
    enterPrivateMountNamespace();
    await withTree({ "t/f": "x", "t/m y": { dir: true } }, ({ path }) => {
      using root = Root.open(path);
      mountTmpfs(root, encodePath("/t/m y"), { size: "64k" });
      try {
        const error = assertThrows(
          () => removeDirectory(root.fd, encodePath("t"), { path: encodePath("/t"), resolver }),
          TorcxError,
          `"${path}/t/m y" is a mount point`,
        );
        assertEquals([error.code, error.hint?.endsWith(`umount '${path}/t/m y'`)], ["busy", true]);
        assertEquals(Deno.readTextFileSync(`${path}/t/f`), "x");
      } finally {
        unmount(root, encodePath("/t/m y"));
      }
    });
  });
}
