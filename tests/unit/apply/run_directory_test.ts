/** Tests RUN as the mark of "at most once per boot": made with its lock, or not at all. */

import { assertEquals, assertThrows } from "@std/assert";
import { acquireRunDirectory, removeRunDirectory } from "../../../lib/apply/run_directory.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { catchError, withTree } from "../../support/nodes.ts";

const INTENT = "Cannot test";

Deno.test("acquireRunDirectory() makes RUN with its lock, and refuses whoever comes second", () =>
  withTree({}, ({ readSystem, path }) => {
    const system = readSystem();
    {
      using made = acquireRunDirectory(system, INTENT);
      assertEquals(made.isNew, true);
      assertEquals([...Deno.readDirSync(`${path}/run`)].map(({ name }) => name), ["torcx"]);
      assertEquals([...Deno.readDirSync(`${path}/run/torcx`)].map(({ name }) => name), ["lock"]);
      assertEquals(Deno.statSync(`${path}/run/torcx`).mode! & 0o7777, 0o755);
      const error = catchError(() => acquireRunDirectory(system, INTENT)) as TorcxError;
      assertEquals([error.code, error.message.startsWith(`${INTENT}: `)], ["busy", true], error.message);
    }
    using again = acquireRunDirectory(system, INTENT);
    assertEquals(again.isNew, false);
    removeRunDirectory(system);
    assertEquals([...Deno.readDirSync(`${path}/run`)], []);
  }));

Deno.test("acquireRunDirectory() refuses another's directory, names what is in it, and leaves it alone", () =>
  withTree({ "run/torcx/notes": "mine" }, ({ readSystem, path }) => {
    const error = catchError(() => acquireRunDirectory(readSystem(), INTENT)) as TorcxError;
    assertEquals(error.code, "exists");
    assertEquals(error.message.includes('("notes")'), true, error.message);
    assertEquals([...Deno.readDirSync(`${path}/run/torcx`)].map(({ name }) => name), ["notes"]);
  }));

Deno.test("acquireRunDirectory() fails where RUN's place is a file", () =>
  withTree({ run: "" }, ({ readSystem }) => {
    assertThrows(() => acquireRunDirectory(readSystem(), INTENT), TorcxError, `${INTENT}: `);
  }));
