/** Tests the reading of a run's journal: it is believed only as far as nobody else could have written it. */

import { assertEquals, assertThrows } from "@std/assert";
import { removeJournal, writeJournal } from "../../../lib/apply/journal.ts";
import { encodePath } from "../../../lib/bytes.ts";
import { listMessages, TorcxError } from "../../../lib/errors.ts";
import type { Journal } from "../../../lib/manifest/journal.ts";
import { findJournal, getJournalPath, readJournal } from "../../../lib/state/journal.ts";
import { catchError, withTree } from "../../support/nodes.ts";

const PATH = "run/torcx/journal.json";

function makeJournal(path: string): Journal {
  return {
    mode: "manual",
    operations: [{ kind: "link", image: "a", target: "../x", path: encodePath(path) }],
  } as never;
}

Deno.test("readJournal() reads what was written, and none where there is none", () =>
  withTree({ "run/torcx": { dir: true } }, ({ readSystem, path }) => {
    const system = readSystem();
    assertEquals(getJournalPath(system.settings) as string, "/run/torcx/journal.json");
    assertEquals(readJournal(system), undefined);
    const journal = makeJournal("/run/torcx/bin/x");
    writeJournal(system, journal);
    assertEquals(Deno.statSync(`${path}/${PATH}`).mode! & 0o777, 0o600);
    assertEquals(readJournal(system)?.operations, journal.operations);
    removeJournal(system);
    removeJournal(system);
    assertEquals(findJournal(system), undefined);
  }));

Deno.test("readJournal() refuses one that others could write, that is none, or that says what no torcx does", () =>
  withTree({ "run/torcx": { dir: true } }, ({ readSystem, path }) => {
    const system = readSystem();
    const file = `${path}/${PATH}`;
    const refuse = (word: string): void => {
      const error = catchError(() => readJournal(system)) as TorcxError;
      const text = listMessages(error).join(": ");
      assertEquals([error.code, text.includes(word)], ["invalid", true], text);
      assertEquals(error.hint, "Restart the system: all that torcx makes is gone then");
      assertEquals(findJournal(system), undefined);
    };
    writeJournal(system, makeJournal("/run/torcx/bin/x"));
    Deno.chmodSync(file, 0o622);
    refuse("others may write it");
    Deno.chmodSync(file, 0o600);
    Deno.writeTextFileSync(file, "{}");
    refuse("kind");
    writeJournal(system, makeJournal("/etc/passwd"));
    refuse("/etc/passwd");
    Deno.removeSync(file);
    Deno.symlinkSync("/etc/passwd", file);
    refuse("it is a symlink");
    Deno.removeSync(file);
    Deno.mkdirSync(file);
    assertThrows(() => readJournal(system), TorcxError, "cannot be used");
  }));
