/** Tests what is asked of the service manager: names that are one unit's, and whether it is there at all. */

import { assertEquals } from "@std/assert";
import { isServedBySystemd, isUnitName, readUnitStates } from "../../../lib/sys/manager.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("isUnitName() takes names of units that can be asked for", () => {
  const names = ["a.service", "a@b.socket", "a-b_c:d.e\\x2d.timer", "sysinit.target"];
  assertEquals(names.filter((name) => !isUnitName(name)), []);
  const others = [
    "a",
    "a.conf",
    "a@.service",
    "a/b.service",
    "a b.service",
    "",
    `${"a".repeat(250)}.service`,
    "a.service\n",
  ];
  assertEquals(others.filter(isUnitName), []);
});

Deno.test("readUnitStates() asks nothing where there is nothing to ask for", async () => {
  assertEquals(await readUnitStates(["a@.service", "none"]), new Map());
});

Deno.test("isServedBySystemd() tells a system of systemd's from an initrd and from others", async () => {
  const judge = async (nodes: Parameters<typeof withTree>[0]): Promise<boolean> => {
    let is = false;
    await withTree(nodes, ({ root }) => void (is = isServedBySystemd(root)));
    return is;
  };
  const system = { "run/systemd/system": { dir: true } } as const;
  assertEquals(await judge(system), true);
  assertEquals(await judge({ ...system, "etc/initrd-release": "" }), false);
  assertEquals(await judge({}), false);
  assertEquals(await judge({ "run/systemd/system": { link: "/" } }), false);
});
