/** Tests which mount points lie below a directory, whatever their names. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { findMountPoints, readMountId } from "../../../lib/sys/mount_points.ts";
import { mountTmpfs, unmount } from "../../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../../lib/sys/namespace.ts";
import { Root } from "../../../lib/sys/root.ts";
import { testWith } from "../../support/needs.ts";
import { withTree } from "../../support/nodes.ts";

testWith("findMountPoints() lists mounts below a directory, the last one first, odd names as bytes", {
  isRoot: true,
}, async () => {
  enterPrivateMountNamespace();
  await withTree({ "a b": { dir: true }, "c\\d\n": { dir: true }, "other/x": "" }, ({ path }) => {
    using root = Root.open(path);
    const names = ["a b", "c\\d\n"];
    for (const name of names) mountTmpfs(root, encodePath(`/${name}`), { size: "64k" });
    try {
      assertEquals(findMountPoints(root.fd), names.toReversed().map((name) => encodePath(`${path}/${name}`)));
      using other = root.openSub(encodePath("/other"));
      assertEquals(findMountPoints(other.fd), []);
      using inside = root.openSub(encodePath("/a b"));
      assertEquals(findMountPoints(inside.fd), [encodePath(`${path}/a b`)]);
      assertEquals(findMountPoints(inside.fd, { isItselfOmitted: true }), []);
      assertEquals(readMountId(inside.fd) === readMountId(root.fd), false);
      assertEquals(readMountId(other.fd), readMountId(root.fd));
    } finally {
      for (const name of names) unmount(root, encodePath(`/${name}`));
    }
  });
});
