/** Tests that a journal is written whole for its owner alone, and that its removal decides nothing after a seal. */

import { assertEquals } from "@std/assert";
import { dropJournal, removeJournal, writeJournal } from "../../../lib/apply/journal.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("writeJournal() replaces the journal at once, with nothing beside it", () =>
  withTree({ "run/torcx/journal.json": "old" }, ({ readSystem, path }) => {
    const system = readSystem();
    writeJournal(system, { mode: "manual", operations: [] } as never);
    const file = `${path}/run/torcx/journal.json`;
    assertEquals(JSON.parse(Deno.readTextFileSync(file)).kind, "torcx-journal-v0");
    assertEquals(Deno.statSync(file).mode! & 0o777, 0o600);
    assertEquals([...Deno.readDirSync(`${path}/run/torcx`)].length, 1);
    removeJournal(system);
    assertEquals([...Deno.readDirSync(`${path}/run/torcx`)], []);
  }));

Deno.test("dropJournal() tells what fails, and goes on", () =>
  withTree({ "run/torcx/journal.json": { dir: true } }, ({ readSystem, log }) => {
    dropJournal(readSystem());
    const told = log.lines.filter((line) =>
      line.startsWith("warning: sealed, but the journal cannot be removed: ")
    );
    assertEquals(told.length, 1, log.lines.join());
  }));
