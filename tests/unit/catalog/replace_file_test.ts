/** Tests the replacement of one file: whole or not at all, with what it had. */

import { assertEquals, assertThrows } from "@std/assert";
import { replaceFile } from "../../../lib/catalog/replace_file.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { withTree } from "../../support/nodes.ts";

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

Deno.test("replaceFile() keeps the mode, follows a link, makes what is missing, and leaves no lock", () =>
  withTree(
    { "d/f": "old", "d/l": { link: "f" }, "d/.torcx-1-1-abc.tmp": "left by a kill" },
    ({ root, log, path }) => {
      Deno.chmodSync(`${path}/d/f`, 0o600);
      const replace = (name: string, text: string, isNew = false): boolean =>
        replaceFile(root, name, { make: () => encode(text), intent: "Cannot test", log, isNew });
      assertEquals(replace("/d/l", "new"), true);
      assertEquals(Deno.readLinkSync(`${path}/d/l`), "f");
      assertEquals([Deno.readTextFileSync(`${path}/d/f`), Deno.statSync(`${path}/d/f`).mode! & 0o777], [
        "new",
        0o600,
      ]);
      assertEquals(replace("/d/f", "new"), false, "what it holds already is not written");
      assertEquals(replace("/d/g", "made"), true);
      assertThrows(() => replace("/d/g", "again", true), TorcxError, "EEXIST");
      assertEquals([...Deno.readDirSync(`${path}/d`)].map(({ name }) => name).sort(), ["f", "g", "l"]);
      assertEquals(log.lines, []);
    },
  ));

Deno.test("replaceFile() leaves the file as it was if what makes its text throws, and refuses a directory", () =>
  withTree({ "d/f": "old", "d/dir": { dir: true } }, ({ root, log, path }) => {
    const fault = new TorcxError("invalid", "no");
    const make = (): never => {
      throw fault;
    };
    assertThrows(() => replaceFile(root, "/d/f", { make, intent: "Cannot test", log }), TorcxError, "no");
    assertEquals(Deno.readTextFileSync(`${path}/d/f`), "old");
    assertThrows(
      () => replaceFile(root, "/d/dir", { make: () => encode("x"), intent: "Cannot test", log }),
      TorcxError,
      "it is a directory",
    );
    assertEquals([...Deno.readDirSync(`${path}/d`)].length, 2);
  }));
