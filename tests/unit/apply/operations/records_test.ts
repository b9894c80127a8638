/** Tests the files that say what was done: nobody edits them, each is there whole, and none outlives its run. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { undoOperation } from "../../../../lib/apply/operations/table.ts";
import { encodePath } from "../../../../lib/bytes.ts";
import { isErrno, TorcxError } from "../../../../lib/errors.ts";
import type { Operation } from "../../../../lib/manifest/journal.ts";
import { makeTemporaryName } from "../../../../lib/sys/atomic_file.ts";
import { withTree } from "../../../support/nodes.ts";
import { execute } from "../../../support/operations.ts";

const path = encodePath("/d/record");
const RECORDS: readonly (readonly [operation: Operation, text: string])[] = [
  [{ kind: "write_run_profile", path, text: "profile" }, "profile"],
  [{ kind: "write_report", path }, "the report"],
  [{ kind: "write_seal", path, text: "seal" }, "seal"],
];

for (const [operation, text] of RECORDS) {
  Deno.test(`${operation.kind} replaces what is there as a whole, and none may write it`, () =>
    withTree(
      { "d/record": "of another run, and longer than this one", "else": "" },
      ({ root, path: top }) => {
        execute(root, operation);
        assertEquals(Deno.readTextFileSync(`${top}/d/record`), text);
        assertEquals(Deno.statSync(`${top}/d/record`).mode! & 0o7777, 0o444);
        assertEquals([...Deno.readDirSync(`${top}/d`)].length, 1);
      },
    ));

  Deno.test(`${operation.kind} replaces a symlink, not what it leads to`, () =>
    withTree({ "d/record": { link: "/else" }, "else": "mine" }, ({ root, path: top }) => {
      execute(root, operation);
      assertEquals([Deno.lstatSync(`${top}/d/record`).isFile, Deno.readTextFileSync(`${top}/else`)], [
        true,
        "mine",
      ]);
    }));

  Deno.test(`${operation.kind} fails without its directory, and there is nothing to take back`, () =>
    withTree({}, ({ root }) => {
      assert(isErrno(assertThrows(() => execute(root, operation), TorcxError), "ENOENT"));
      assertEquals(undoOperation(operation, root), true);
    }));
}

Deno.test("the undo of a record removes what a kill left of it, and no file of another name", () => {
  const temporary = makeTemporaryName();
  return withTree(
    { [`d/${temporary}`]: "half", "d/record": "whole", "d/mine": "" },
    ({ root, path: top }) => {
      assertEquals(undoOperation(RECORDS[2]![0], root), true);
      assertEquals([...Deno.readDirSync(`${top}/d`)].map(({ name }) => name), ["mine"]);
    },
  );
});

Deno.test("remove_seal removes the seal of an earlier run, for good", () =>
  withTree({ "d/record": "old" }, ({ root, path: top }) => {
    execute(root, { kind: "remove_seal", path });
    assertEquals([...Deno.readDirSync(`${top}/d`)], []);
    assertEquals(undoOperation({ kind: "remove_seal", path }, root), true);
    assert(isErrno(assertThrows(() => execute(root, { kind: "remove_seal", path }), TorcxError), "ENOENT"));
  }));
