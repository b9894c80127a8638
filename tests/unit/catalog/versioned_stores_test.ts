/** Tests which directories of a store are those of OS versions. */

import { assertEquals } from "@std/assert";
import { listVersionedStores } from "../../../lib/catalog/versioned_stores.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("listVersionedStores() lists directories and links to such, the oldest version first", () =>
  withTree({
    "s/1.10": { dir: true },
    "s/1.2": { dir: true },
    "s/2": { link: "1.10" },
    "s/3": { link: "nowhere" },
    "s/4": "a file",
    "s/lost+found": { dir: true },
    "s/no version": { dir: true },
  }, ({ root, log }) => {
    assertEquals(listVersionedStores({ root, log }, "/s"), [
      { version: "1.2", path: "/s/1.2", isLink: false },
      { version: "1.10", path: "/s/1.10", isLink: false },
      { version: "2", path: "/s/2", isLink: true },
    ]);
    assertEquals(log.lines, [
      'warning: leaving directory "/s/no version" alone: it is not named by a version',
    ]);
    assertEquals(listVersionedStores({ root, log }, "/none"), []);
    assertEquals(listVersionedStores({ root, log }, "/s/4"), []);
  }));
