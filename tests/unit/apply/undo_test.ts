/** Tests that taking back removes this run's own files alone, those of a kill between write and rename too. */

import { assert, assertEquals } from "@std/assert";
import { undoOperations } from "../../../lib/apply/undo.ts";
import { encodePath } from "../../../lib/bytes.ts";
import type { Operation } from "../../../lib/manifest/journal.ts";
import { isTemporaryName, makeTemporaryName } from "../../../lib/sys/atomic_file.ts";
import { type Node, withTree } from "../../support/nodes.ts";

interface UndoCase {
  name: string;
  nodes: Record<string, Node>;
  operation: Operation;
  /** What is left of the directory `d`. */
  left: string[];
}

const [from, path] = [encodePath("/from"), encodePath("/d/unit")];
const COPY: Operation = { kind: "copy", image: "a", from, path, mode: 0o644 };
const TEXT_DIGEST = "sha256-982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
const LINK: Operation = { kind: "link", image: "a", target: encodePath("../x"), path };
const TEMPORARY = ".torcx-12-3-1lbqa0h.tmp";

const CASES: readonly UndoCase[] = [
  { name: "a copy", nodes: { from: "text", "d/unit": "text" }, operation: COPY, left: [] },
  {
    name: "no file of another text",
    nodes: { from: "text", "d/unit": "else" },
    operation: COPY,
    left: ["unit"],
  },
  {
    name: "no symlink instead of a copy",
    nodes: { from: "text", "d/unit": { link: "../from" } },
    operation: COPY,
    left: ["unit"],
  },
  { name: "no copy without its source", nodes: { "d/unit": "text" }, operation: COPY, left: ["unit"] },
  {
    name: "a copy without its source, by its digest",
    nodes: { "d/unit": "text" },
    operation: { ...COPY, digest: TEXT_DIGEST },
    left: [],
  },
  {
    name: "no file of another text than the digest's",
    nodes: { from: "else", "d/unit": "else" },
    operation: { ...COPY, digest: TEXT_DIGEST },
    left: ["unit"],
  },
  {
    name: "a copy that was not renamed yet, and no file of a similar name",
    nodes: { from: "text", [`d/${TEMPORARY}`]: "te", "d/.torcx-1.tmp": "" },
    operation: COPY,
    left: [".torcx-1.tmp"],
  },
  { name: "a link", nodes: { "d/unit": { link: "../x" } }, operation: LINK, left: [] },
  {
    name: "no link with another target",
    nodes: { "d/unit": { link: "../y" } },
    operation: LINK,
    left: ["unit"],
  },
  { name: "no file instead of a link", nodes: { "d/unit": "../x" }, operation: LINK, left: ["unit"] },
  { name: "nothing that was not made", nodes: { from: "", "d/other": "" }, operation: COPY, left: ["other"] },
  {
    name: "a seal, renamed or not",
    nodes: { "d/unit": "", [`d/${TEMPORARY}`]: "" },
    operation: { kind: "write_seal", path, text: "" },
    left: [],
  },
  {
    name: "no directory that others use",
    nodes: { "d/other": "" },
    operation: { kind: "make_dir", path: encodePath("/d"), isOptional: false },
    left: ["other"],
  },
];

for (const { name, nodes, operation, left } of CASES) {
  Deno.test(`undoOperations() removes ${name}`, () =>
    withTree(nodes, ({ root, path }) => {
      // Twice: a second kill may come in the midst of the way back.
      for (let times = 0; times < 2; times++) {
        const { faults, left: named } = undoOperations(root, [operation]);
        assertEquals(faults, []);
        const isKept = operation.kind !== "make_dir" && left.includes("unit");
        assertEquals(named, isKept ? ['"/d/unit" is left: it is not what torcx made'] : []);
        assertEquals([...Deno.readDirSync(`${path}/d`)].map((item) => item.name), left);
      }
    }));
}

Deno.test("undoOperations() removes the last ones first, and tells what it cannot", () =>
  withTree({ "d/sub/file": "" }, ({ root, path }) => {
    const make = (name: string): Operation => ({
      kind: "make_dir",
      path: encodePath(name),
      isOptional: false,
    });
    Deno.mkdirSync(`${path}/e/f`, { recursive: true });
    assertEquals(undoOperations(root, [make("/e"), make("/e/f"), make("/d/sub/file")]), {
      faults: [],
      left: [],
    });
    assertEquals([...Deno.readDirSync(path)].map((item) => item.name), ["d"]);
    Deno.mkdirSync(`${path}/seal`);
    const { faults } = undoOperations(root, [{ kind: "write_seal", path: encodePath("/seal"), text: "" }]);
    assertEquals(faults.length, 1);
    assert(faults[0]!.startsWith('Cannot undo "seal by writing "/seal""'), faults[0]);
  }));

Deno.test("isTemporaryName() knows the names of makeTemporaryName() alone", () => {
  for (let at = 0; at < 100; at++) assert(isTemporaryName(makeTemporaryName()));
  for (const name of [".torcx-1-2.tmp", "torcx-1-2-a.tmp", ".torcx-1-2-a.tmp~", ".torcx-1-2-.tmp"]) {
    assert(!isTemporaryName(encodePath(name)), name);
  }
});
