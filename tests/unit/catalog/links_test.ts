/** Tests which names a path needs. */

import { assertEquals, assertThrows } from "@std/assert";
import { getNameKey, identify, listNamesOnTheWay } from "../../../lib/catalog/links.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("listNamesOnTheWay() lists each name of a path and of the links on it", () =>
  withTree({
    "real/dir/f": "",
    "by/abs": { link: "/real/dir" },
    "by/up": { link: "../real/./dir" },
    "chain": { link: "by/abs" },
  }, ({ root }) => {
    const key = (path: string) => getNameKey(root, path);
    const real = [key("/real"), key("/real/dir"), key("/real/dir/f")];
    assertEquals(listNamesOnTheWay(root, "/real/dir/f"), real);
    for (const link of ["/by/abs", "/by/up"]) {
      assertEquals(listNamesOnTheWay(root, `${link}/f`), [key("/by"), key(link), ...real]);
    }
    assertEquals(listNamesOnTheWay(root, "/chain/f"), [key("/chain"), key("/by"), key("/by/abs"), ...real]);
    assertEquals(key("/by/abs/f"), key("/real/dir/f"), "a name is the same by whichever path");
    assertEquals(key("/by/abs") === key("/by/up"), false);
    assertEquals(identify(root.stat("/real" as never)), identify(root.stat("/by/../real" as never)));
  }));

Deno.test("listNamesOnTheWay() refuses a way that leads nowhere or round", () =>
  withTree({ a: { link: "b" }, b: { link: "a" }, gone: { link: "nowhere" } }, ({ root }) => {
    assertThrows(() => listNamesOnTheWay(root, "/a/f"), TorcxError, "one symlink too many");
    assertThrows(() => listNamesOnTheWay(root, "/gone"), TorcxError, "ENOENT");
  }));
