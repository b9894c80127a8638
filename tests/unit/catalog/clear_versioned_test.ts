/** Tests which versioned stores go. */

import { assertEquals, assertThrows } from "@std/assert";
import { planClearVersioned } from "../../../lib/catalog/clear_versioned.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { type Node, withTree } from "../../support/nodes.ts";

const STORE = "var/lib/torcx/store";
const SYSTEM: Record<string, Node> = {
  "usr/lib/os-release": "VERSION_ID=2\n",
  [`${STORE}/a:1.torcx.tgz`]: "unversioned",
  [`${STORE}/1/a:1.torcx.tgz`]: "12345",
  [`${STORE}/1/b:1.torcx.tgz`]: "12",
  [`${STORE}/2/a:1.torcx.tgz`]: "1",
  [`${STORE}/3`]: { link: "2" },
};

Deno.test("planClearVersioned() lists what is not kept, the oldest first, and counts its bytes", () =>
  withTree(SYSTEM, ({ readSystem }) => {
    const list = planClearVersioned(readSystem(), { keepVersions: ["2"] });
    assertEquals(list.map(({ kind, path, bytes }) => [kind, path, bytes]), [
      ["directory", `/${STORE}/1`, 7],
      ["link", `/${STORE}/3`, 0],
    ]);
  }));

Deno.test("planClearVersioned() lists one image's archives alone, and looks through no link", () =>
  withTree(SYSTEM, ({ readSystem, log }) => {
    const list = planClearVersioned(readSystem(), { keepVersions: ["2"], name: "a" as never });
    assertEquals(list.map(({ kind, path }) => [kind, path]), [["archive", `/${STORE}/1/a:1.torcx.tgz`]]);
    assertEquals(log.lines.filter((line) => line.includes("symlink")).length, 1, log.lines.join());
  }));

Deno.test("planClearVersioned() leaves what a kept version leads to", () =>
  withTree({ ...SYSTEM, [`${STORE}/4`]: { link: "1" } }, ({ readSystem, log }) => {
    const list = planClearVersioned(readSystem(), { keepVersions: ["2", "4"] });
    assertEquals(list.map(({ path }) => path), [`/${STORE}/3`]);
    assertEquals(log.lines.some((line) => line.includes(`leaving "/${STORE}/1" alone`)), true);
  }));

Deno.test("planClearVersioned() refuses to remove the running version's unless it is forced", () =>
  withTree(SYSTEM, ({ readSystem }) => {
    assertThrows(
      () => planClearVersioned(readSystem(), { keepVersions: ["1"] }),
      TorcxError,
      '"2", which is running',
    );
    const list = planClearVersioned(readSystem(), { keepVersions: ["1"], isForced: true });
    assertEquals(list.map(({ path }) => path), [`/${STORE}/2`, `/${STORE}/3`]);
  }));
