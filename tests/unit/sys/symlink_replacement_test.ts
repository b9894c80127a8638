/** Tests that a symlink takes another's place at once. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { replaceSymlink } from "../../../lib/sys/symlink_replacement.ts";
import { withTree } from "../../support/nodes.ts";

Deno.test("replaceSymlink() makes, replaces, and leaves alone what is so already", () =>
  withTree({ "d/l": { link: "old" }, "d/f": "a file", "d/sub/x": "" }, ({ root, path }) => {
    const replace = (name: string): boolean =>
      replaceSymlink(root, encodePath(`/d/${name}`), { target: encodePath("new") });
    assertEquals(["l", "f", "n"].map(replace), [true, true, true]);
    assertEquals(["l", "f", "n"].map(replace), [false, false, false]);
    for (const name of ["l", "f", "n"]) assertEquals(Deno.readLinkSync(`${path}/d/${name}`), "new");
    assertThrows(() => replace("sub"), TorcxError);
    assertThrows(() => replaceSymlink(root, encodePath("/none/l"), { target: encodePath("x") }), TorcxError);
    assertEquals([...Deno.readDirSync(`${path}/d`)].map(({ name }) => name).sort(), ["f", "l", "n", "sub"]);
  }));
