/** Tests links and copies: whole whatever their size, never over what is there, never through a link. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { undoOperation } from "../../../../lib/apply/operations/table.ts";
import { encodePath } from "../../../../lib/bytes.ts";
import { isErrno, TorcxError } from "../../../../lib/errors.ts";
import type { OperationOf } from "../../../../lib/manifest/journal.ts";
import { mountTmpfs, unmount } from "../../../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../../../lib/sys/namespace.ts";
import { Root } from "../../../../lib/sys/root.ts";
import { testWith } from "../../../support/needs.ts";
import { withTree } from "../../../support/nodes.ts";
import { execute } from "../../../support/operations.ts";

const UNITS = "run/systemd/system";
const from = encodePath("/from");
const path = encodePath(`/${UNITS}/a.service`);
const COPY: OperationOf<"copy"> = { kind: "copy", image: "a", from, path, mode: 0o644 };
const LINK: OperationOf<"link"> = { kind: "link", image: "a", target: encodePath("../x"), path };

Deno.test("copy takes files of any size, piece by piece, with the mode of the plan", () =>
  withTree({ [`${UNITS}/.keep`]: "" }, ({ root, path: top }) => {
    const bytes = new Uint8Array(17 * 2 ** 20 + 1).map((_, at) => at % 251);
    Deno.writeFileSync(`${top}/from`, bytes, { mode: 0o777 });
    execute(root, COPY);
    const copied = Deno.readFileSync(`${top}/${UNITS}/a.service`);
    assert(copied.length === bytes.length && copied.every((byte, at) => byte === bytes[at]));
    assertEquals(Deno.statSync(`${top}/${UNITS}/a.service`).mode! & 0o7777, 0o644);
    assertEquals([...Deno.readDirSync(`${top}/${UNITS}`)].length, 2);
    assertEquals(undoOperation(COPY, root), true);
    assertEquals([...Deno.readDirSync(`${top}/${UNITS}`)].map(({ name }) => name), [".keep"]);
  }));

for (const [what, operation] of [["copy", COPY], ["link", LINK]] as const) {
  Deno.test(`${what} overwrites nothing that has appeared since the plan`, () =>
    withTree({ from: "ours", [`${UNITS}/a.service`]: "theirs" }, ({ root, path: top }) => {
      const error = assertThrows(() => execute(root, operation), TorcxError);
      assert(isErrno(error, "EEXIST"));
      assertEquals(Deno.readTextFileSync(`${top}/${UNITS}/a.service`), "theirs");
      assertEquals([...Deno.readDirSync(`${top}/${UNITS}`)].length, 1);
      assertEquals(undoOperation(operation, root), false);
    }));

  Deno.test(`${what} goes through no symlink below a target directory`, () =>
    withTree(
      { from: "x", "else/.keep": "", [`${UNITS}/d`]: { link: "/else" } },
      ({ root, path: top }) => {
        const below = { ...operation, path: encodePath(`/${UNITS}/d/a.service`) };
        const error = assertThrows(() => execute(root, below), TorcxError);
        assert(isErrno(error, "ELOOP", "ENOTDIR"));
        assertEquals([...Deno.readDirSync(`${top}/else`)].map(({ name }) => name), [".keep"]);
        // What cannot have been made is taken back.
        assertEquals(undoOperation(below, root), true);
      },
    ));
}

Deno.test("copy reads regular files alone, and waits for no FIFO", () =>
  withTree({ [`${UNITS}/.keep`]: "" }, ({ root, path: top }) => {
    new Deno.Command("mkfifo", { args: [`${top}/from`] }).outputSync();
    const error = assertThrows(() => execute(root, COPY), TorcxError);
    assertEquals(error.message, 'Cannot read "/from": it is a fifo, not a regular file');
  }));

testWith("copy says how much there was no room for, and leaves nothing of it", { isRoot: true }, () => {
  enterPrivateMountNamespace();
  return withTree({ from: "x".repeat(100_000), [`${UNITS}/.keep`]: "" }, ({ path: top }) => {
    using root = Root.open(top);
    const directory = encodePath(`/${UNITS}`);
    mountTmpfs(root, directory, { size: "64k" });
    try {
      const error = assertThrows(() => execute(root, COPY), TorcxError);
      assertEquals([error.code, error.message], [
        "no_space",
        `Cannot copy 100000 bytes: the file system of "/${UNITS}" is full`,
      ]);
      assertEquals(root.readDir(directory), []);
    } finally {
      unmount(root, directory);
    }
  });
});
