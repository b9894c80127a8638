/** Tests directories and the mount of all trees: made once, optional where they may be, taken back if empty. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { undoOperation } from "../../../../lib/apply/operations/table.ts";
import { encodePath } from "../../../../lib/bytes.ts";
import { isErrno, TorcxError } from "../../../../lib/errors.ts";
import { SILENT_LOG } from "../../../../lib/log.ts";
import type { Operation } from "../../../../lib/manifest/journal.ts";
import { readSpace } from "../../../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../../../lib/sys/namespace.ts";
import { Root } from "../../../../lib/sys/root.ts";
import { readMounts } from "../../../support/mounts.ts";
import { testWith } from "../../../support/needs.ts";
import { withTree } from "../../../support/nodes.ts";
import { execute } from "../../../support/operations.ts";

const make = (path: string, isOptional = false): Operation => ({
  kind: "make_dir",
  path: encodePath(path),
  isOptional,
});

Deno.test("make_dir makes 0755, and takes what is a directory already", () =>
  withTree({ "d/e": { link: "../real" }, "real/.keep": "" }, ({ root, path }) => {
    execute(root, make("/d/new"));
    execute(root, make("/d/new"));
    execute(root, make("/d/e"));
    assertEquals(Deno.statSync(`${path}/d/new`).mode! & 0o7777, 0o755);
    assertEquals(undoOperation(make("/d/new"), root), true);
    // It is no error that there is nothing, or that others have put something there.
    assertEquals(undoOperation(make("/d/new"), root), true);
    assertEquals(undoOperation(make("/real"), root), true);
    assertEquals([...Deno.readDirSync(`${path}/real`)].length, 1);
  }));

Deno.test("make_dir takes no symlink for a directory below a target directory", () =>
  withTree({ "run/systemd/system/d": { link: "/else" }, "else/.keep": "" }, ({ root, path }) => {
    const error = assertThrows(() => execute(root, make("/run/systemd/system/d")), TorcxError);
    assert(isErrno(error, "EEXIST"));
    undoOperation(make("/run/systemd/system/d"), root);
    assertEquals(Deno.readLinkSync(`${path}/run/systemd/system/d`), "/else");
  }));

Deno.test("make_dir fails without its parent, unless it is optional: then that is told", () =>
  withTree({ file: "" }, ({ root }) => {
    const told: string[] = [];
    const log = { ...SILENT_LOG, info: (message: string) => void told.push(message) };
    for (const [path, errno] of [["/none/d", "ENOENT"], ["/file/d", "ENOTDIR"]] as const) {
      const error = assertThrows(() => execute(root, make(path)), TorcxError);
      assert(isErrno(error, errno));
      execute(root, make(path, true), { log });
      assertEquals(told.pop(), `cannot make directory "${path}": ${errno}; going on without it`);
    }
  }));

testWith("mount_tmpfs mounts with its limits, remount_read_only seals it, and the undo unmounts", {
  isRoot: true,
}, () => {
  enterPrivateMountNamespace();
  return withTree({ "u/.keep": "" }, async ({ path: top }) => {
    using root = Root.open(top);
    const path = encodePath("/u");
    const mount: Operation = { kind: "mount_tmpfs", path, size: "4m", inodes: "100" };
    const find = (): { type: string; isReadOnly: boolean }[] =>
      readMounts().filter(({ target }) => target === `${top}/u`).map(({ type, isReadOnly }) => ({
        type,
        isReadOnly,
      }));
    try {
      await execute(root, mount);
      const { totalBytes, totalInodes } = readSpace(root, path);
      assertEquals([totalBytes, totalInodes, find()], [4 * 2 ** 20, 100, [{
        type: "tmpfs",
        isReadOnly: false,
      }]]);
      await execute(root, { kind: "remount_read_only", path });
      assertEquals(find(), [{ type: "tmpfs", isReadOnly: true }]);
    } finally {
      assertEquals(undoOperation(mount, root), true);
    }
    assertEquals(find(), []);
    assertEquals(undoOperation(mount, root), true);
    assertEquals(Deno.readTextFileSync(`${top}/u/.keep`), "");
  });
});
