/** Tests how much copies take on each file system, and how much is free there. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkCopyRoom, listCopySpace } from "../../../lib/apply/copy_space.ts";
import { type ByteString, encodePath } from "../../../lib/bytes.ts";
import type { Operation, OperationOf } from "../../../lib/manifest/journal.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { mountTmpfs, unmount } from "../../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../../lib/sys/namespace.ts";
import { Root } from "../../../lib/sys/root.ts";
import { testWith } from "../../support/needs.ts";
import { withTree } from "../../support/nodes.ts";

const makeCopy = (from: string, path = "/run/u/d/a"): OperationOf<"copy"> => ({
  kind: "copy",
  image: "a",
  from: encodePath(from),
  path: encodePath(path),
  mode: 0o644,
});
const OPERATIONS: Operation[] = [
  makeCopy("/a", "/run/u/a"),
  makeCopy("/b", "/run/u/b.d/b"),
  { kind: "link", image: "a", target: encodePath("/a"), path: encodePath("/run/u/l") },
  makeCopy("/c", "/run/v/c"),
];
const SIZES = new Map<ByteString, number>([
  [encodePath("/a"), 1],
  [encodePath("/b"), 4097],
  [encodePath("/c"), 2 ** 44],
]);

Deno.test("listCopySpace() adds up whole pages by file system, at the nearest directory that there is", () =>
  withTree(
    { "run/u": { dir: true }, "run/old": "x".repeat(5000), "run/link": { link: "old" } },
    ({ root }) => {
      const find = (...ignored: string[]) =>
        listCopySpace({ root }, OPERATIONS, { sizes: SIZES, ignoredPaths: new Set(ignored) });
      const [space, ...others] = find();
      assertEquals(others, []);
      assertEquals([space!.directory, space!.neededBytes], ["/run/u", 3 * 4096 + 2 ** 44]);
      assert(space!.totalBytes > 0 && space!.freeBytes <= space!.totalBytes);
      assertEquals(listCopySpace({ root }, [], { sizes: SIZES, ignoredPaths: new Set() }), []);
    },
  ));

testWith(
  "listCopySpace() tells file systems apart, and counts as free what will be gone",
  { isRoot: true },
  () => {
    enterPrivateMountNamespace();
    return withTree({ "run/u": { dir: true }, "run/v": { dir: true } }, ({ path }) => {
      using root = Root.open(path);
      mountTmpfs(root, encodePath("/run/u"), { size: "64k" });
      try {
        Deno.writeTextFileSync(`${path}/run/u/old`, "x".repeat(5000));
        Deno.symlinkSync("old", `${path}/run/u/link`);
        const ignoredPaths = new Set(["/run/u/old", "/run/u/link", "/run/u/none"]);
        const [first, second] = listCopySpace({ root }, OPERATIONS, { sizes: SIZES, ignoredPaths });
        assertEquals(first, {
          directory: "/run/u",
          neededBytes: 3 * 4096,
          freeBytes: 64 * 1024,
          totalBytes: 64 * 1024,
        });
        assertEquals([second!.directory, second!.neededBytes], ["/run/v", 2 ** 44]);
        const [now] = listCopySpace({ root }, OPERATIONS, { sizes: SIZES, ignoredPaths: new Set() });
        assertEquals(now!.freeBytes, 56 * 1024);
      } finally {
        unmount(root, encodePath("/run/u"));
      }
    });
  },
);

testWith(
  "checkCopyRoom() refuses what is larger than what is free, without reading it",
  { isRoot: true },
  () => {
    enterPrivateMountNamespace();
    return withTree({ "run/u": { dir: true }, "small": "x" }, ({ path }) => {
      using root = Root.open(path);
      Deno.writeTextFileSync(`${path}/holes`, "");
      Deno.truncateSync(`${path}/holes`, 2 ** 43);
      mountTmpfs(root, encodePath("/run/u"), { size: "64k" });
      try {
        checkCopyRoom({ root }, makeCopy("/small"));
        const error = assertThrows(() => checkCopyRoom({ root }, makeCopy("/holes")), TorcxError);
        assertEquals([error.code, error.message], [
          "no_space",
          `Cannot copy ${2 ** 43} bytes: the file system of "/run/u" is full`,
        ]);
      } finally {
        unmount(root, encodePath("/run/u"));
      }
    });
  },
);
