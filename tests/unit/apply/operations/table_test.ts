/** Tests each kind of operation by its row: told, kept in the journal, carried out, taken back. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describeOperation, undoOperation } from "../../../../lib/apply/operations/table.ts";
import { type ByteString, encodePath } from "../../../../lib/bytes.ts";
import { TorcxError } from "../../../../lib/errors.ts";
import {
  encodeJournal,
  type Operation,
  OPERATION_KINDS,
  type OperationKind,
  type OperationOf,
  parseJournal,
} from "../../../../lib/manifest/journal.ts";
import { toPlannedOperation } from "../../../../lib/manifest/outputs/apply_plan.ts";
import { withTree } from "../../../support/nodes.ts";
import { execute } from "../../../support/operations.ts";

/** A file name that is neither ASCII nor UTF-8. */
const odd = "/d/\xff" as ByteString;
const path = encodePath("/d/é");
const archive = encodePath("/store/a:1");

/** One operation of each kind, and its line for people. */
const EXAMPLES: { [K in OperationKind]: { operation: OperationOf<K>; text: string } } = {
  remove_seal: { operation: { kind: "remove_seal", path }, text: 'remove the old seal "/d/é"' },
  make_dir: {
    operation: { kind: "make_dir", path, isOptional: true },
    text: 'make directory "/d/é" (if it can be made)',
  },
  mount_tmpfs: {
    operation: { kind: "mount_tmpfs", path, size: undefined, inodes: "7" },
    text: 'mount tmpfs on "/d/é" (size half of the memory, 7 inodes)',
  },
  unpack: {
    operation: { kind: "unpack", image: "a", archive, path },
    text: 'unpack "/store/a:1" into "/d/é"',
  },
  mount_squashfs: {
    operation: { kind: "mount_squashfs", image: "a", archive, path },
    text: 'mount squashfs "/store/a:1" on "/d/é"',
  },
  link: {
    operation: { kind: "link", image: "a", target: encodePath("../é"), path },
    text: 'link "/d/é" to "../é"',
  },
  copy: {
    operation: { kind: "copy", image: "a", from: encodePath("/from"), path, mode: 0o644, digest: "sha256-0" },
    text: 'copy "/from" to "/d/é"',
  },
  write_run_profile: {
    operation: { kind: "write_run_profile", path, text: "{}" },
    text: 'write run profile "/d/é"',
  },
  write_report: { operation: { kind: "write_report", path }, text: 'write report "/d/é"' },
  remount_read_only: { operation: { kind: "remount_read_only", path }, text: 'make "/d/é" read-only' },
  write_seal: { operation: { kind: "write_seal", path, text: "/x" }, text: 'seal by writing "/d/é"' },
};

Deno.test("describeOperation() has a line for each kind", () => {
  for (const { operation, text } of Object.values(EXAMPLES)) assertEquals(describeOperation(operation), text);
});

Deno.test("parseJournal() gives back each kind as encodeJournal() wrote it", () => {
  const operations = Object.values(EXAMPLES).map(({ operation }): Operation => operation);
  const text = encodeJournal({
    mode: "manual",
    operations: [...operations, { kind: "write_report", path: odd }],
  });
  const parsed = parseJournal(text, "journal", () => true);
  // What is undefined is absent from the text, and undefined again.
  assertEquals(
    JSON.parse(JSON.stringify(parsed.operations.slice(0, -1))),
    JSON.parse(JSON.stringify(operations)),
  );
  assertEquals(parsed.operations.at(-1), { kind: "write_report", path: odd });
});

Deno.test("parseJournal() refuses each kind without one of its fields", () => {
  for (const { operation } of Object.values(EXAMPLES)) {
    for (const [field, type] of Object.entries(OPERATION_KINDS[operation.kind].fields)) {
      if (type === "text?") continue;
      const text = JSON.stringify({
        kind: "torcx-journal-v0",
        value: { mode: "manual", operations: [{ ...operation, [field]: undefined }] },
      });
      const error = assertThrows(() => parseJournal(text, "journal", () => true), TorcxError);
      assertEquals(error.code, "invalid", `${operation.kind} ${field}`);
    }
  }
});

Deno.test("toPlannedOperation() has the names of outputs, and paths as texts", () => {
  assertEquals(toPlannedOperation(EXAMPLES.unpack.operation), {
    kind: "unpack",
    image: "a",
    archive_path: "/store/a:1",
    path: "/d/é",
  });
  assertEquals(toPlannedOperation(EXAMPLES.make_dir.operation), {
    kind: "make_dir",
    path: "/d/é",
    is_optional: true,
  });
  assertEquals(toPlannedOperation(EXAMPLES.link.operation), {
    kind: "link",
    image: "a",
    target: "../é",
    path: "/d/é",
  });
  // A text is no path, even if it begins like one.
  assertEquals(toPlannedOperation(EXAMPLES.write_seal.operation), {
    kind: "write_seal",
    path: "/d/é",
    text: "/x",
  });
  assertEquals(toPlannedOperation({ kind: "write_report", path: odd }).path, "/d/\\xff");
});

Deno.test("executeOperation() and undoOperation() do and take back what needs no mount", () =>
  withTree({ "d/.keep": "", from: "text" }, ({ root, path: top }) => {
    const list = (): string[] => [...Deno.readDirSync(`${top}/d`)].map(({ name }) => name).sort();
    for (const kind of ["make_dir", "link", "write_run_profile", "write_report", "write_seal"] as const) {
      const { operation } = EXAMPLES[kind];
      assertEquals(execute(root, operation), undefined);
      assertEquals(list(), [".keep", "é"], kind);
      if (kind === "write_report") assertEquals(Deno.readTextFileSync(`${top}/d/é`), "the report");
      assertEquals(undoOperation(operation, root), true);
      // The report is written anew by a run that failed.
      assertEquals(list(), kind === "write_report" ? [".keep", "é"] : [".keep"], kind);
      if (kind === "write_report") assertEquals(execute(root, EXAMPLES.remove_seal.operation), undefined);
    }
    const { digest: _, ...operation } = EXAMPLES.copy.operation;
    execute(root, operation);
    assertEquals(Deno.readTextFileSync(`${top}/d/é`), "text");
    assertEquals(Deno.statSync(`${top}/d/é`).mode! & 0o7777, 0o644);
    assertEquals(undoOperation(operation, root), true);
    assertEquals(list(), [".keep"]);
  }));

Deno.test("executeOperation() fails with image and archive if a tree cannot be made, in a promise", () =>
  withTree({ "d/.keep": "", "store/a:1": "none" }, async ({ root }) => {
    const result = execute(root, EXAMPLES.unpack.operation);
    assert(result instanceof Promise);
    const error = await result.then(() => undefined, (error) => error);
    assert(error instanceof TorcxError, String(error));
    assertMatch(error.message, /^Cannot unpack image "a" from "\/store\/a:1"$/);
    assertEquals([error.code, error.hint], ["archive", "none"]);
  }));

Deno.test("executeOperation() goes on without an optional directory whose place something else has", () =>
  withTree({ d: { link: "gone" }, e: "text" }, ({ root }) => {
    for (
      const [path, errno] of [["/d", "EEXIST"], ["/d/x", "ENOENT"], ["/e", "EEXIST"], ["/e/x", "ENOTDIR"]]
    ) {
      const operation = { kind: "make_dir", path: encodePath(path!) } as const;
      assertEquals(execute(root, { ...operation, isOptional: true }), undefined, path);
      assertThrows(() => execute(root, { ...operation, isOptional: false }), TorcxError, errno);
    }
  }));
