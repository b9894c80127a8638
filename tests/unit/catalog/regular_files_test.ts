/** Tests how directories of profiles and stores are listed: only what does not exist is absent. */

import { assertEquals, assertThrows } from "@std/assert";
import { listRegularFiles } from "../../../lib/catalog/regular_files.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("listRegularFiles() lists regular files and links to such by their suffix, sorted", () =>
  withTree({
    "d/b.json": "",
    "d/a.json": { link: "b.json" },
    "d/c.txt": "",
    "d/gone.json": { link: "nowhere" },
    "d/dir.json": { dir: true },
  }, ({ root, log }) => {
    assertEquals(listRegularFiles({ root, log }, "/d", { suffixes: [".json"] }), ["a.json", "b.json"]);
    assertEquals(log.lines, [
      'warning: skipping "/d/dir.json": it is a directory, not a regular file',
      'warning: skipping "/d/gone.json": it is a symlink that leads nowhere',
    ]);
  }));

Deno.test("listRegularFiles() has nothing of a directory that is missing, and warns of what is none", () =>
  withTree({ file: "", link: { link: "nowhere" } }, ({ root, log }) => {
    for (const path of ["/none", "/none/below", "/file", "/link"]) {
      assertEquals(listRegularFiles({ root, log }, path, { suffixes: [""] }), []);
    }
    assertEquals(log.lines, [
      'warning: skipping directory "/file": it is a file, not a directory',
      'warning: skipping directory "/link": it is a symlink that leads to no directory',
    ]);
  }));

Deno.test("listRegularFiles() refuses what is there and cannot be read", () =>
  withTree({ loop: { link: "loop" }, "d/loop.json": { link: "loop.json" } }, ({ root, log }) => {
    for (const path of ["/loop", "/d"]) {
      assertThrows(
        () => listRegularFiles({ root, log }, path, { suffixes: [".json"] }),
        TorcxError,
        "it is there but unreadable",
      );
    }
  }));
