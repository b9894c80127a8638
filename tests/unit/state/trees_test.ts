/** Tests the judgement of trees: gone, another one, writable, and not mounted any more. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { findReport } from "../../../lib/state/run_state.ts";
import { findTreeFaults } from "../../../lib/state/trees.ts";
import { HELLO, withApplied } from "../../support/applied.ts";
import { testWith } from "../../support/needs.ts";
import { withTree } from "../../support/nodes.ts";
import { makeReport } from "../../support/report.ts";

const UNPACK = "/run/torcx/unpack";

Deno.test("findTreeFaults() says that the unpack dir is not mounted if it is a directory, a link or gone", async () => {
  for (const node of [{ dir: true }, { link: "/etc" }, "file"] as const) {
    await withTree({ [UNPACK.slice(1)]: node, "etc/.keep": "" }, ({ root }) => {
      assertEquals(findTreeFaults(root, { unpackDir: UNPACK, report: makeReport() }), [
        '"/run/torcx/unpack" is not mounted any more',
      ]);
    });
  }
  await withTree({}, ({ root }) => {
    assertEquals(findTreeFaults(root, { unpackDir: UNPACK, report: makeReport() }), [
      '"/run/torcx/unpack" is not mounted any more',
    ]);
  });
});

testWith("findTreeFaults() finds nothing in what was made, and names each tree that is not it", {
  isRoot: true,
}, () =>
  withApplied(({ root }, system) => {
    const report = findReport(system)!;
    const judge = (changes: Partial<typeof report>): string[] =>
      findTreeFaults(root, { unpackDir: UNPACK, report: { ...report, ...changes } });
    const tree = root.stat(encodePath(`${UNPACK}/hello`));
    assertEquals(judge({}), []);
    assertEquals(judge({ unpack_inode: "999999" }), ['another mount is on "/run/torcx/unpack"']);
    assertEquals(judge({ images: [{ ...HELLO, tree_device: "1:1", tree_inode: String(tree.ino) }] }), [
      'the tree of image "hello", "/run/torcx/unpack/hello", is another one than was made',
    ]);
    assertEquals(judge({ images: [{ ...HELLO, format: "squashfs" }, { ...HELLO, name: "gone" }] }), [
      'the tree of image "hello", "/run/torcx/unpack/hello", is not mounted any more',
      'the tree of image "gone", "/run/torcx/unpack/gone", is gone',
    ]);
  }));
