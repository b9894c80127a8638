/** Tests the way to the places of propagated files: no symlink leads one elsewhere. */

import { assertEquals, assertThrows } from "@std/assert";
import {
  findObstacle,
  isDirectory,
  listPrefixes,
  withFoundPlace,
  withPlace,
} from "../../../lib/apply/places.ts";
import { type ByteString, encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { withTree } from "../../support/nodes.ts";

const UNITS = "/run/systemd/system";

Deno.test("withPlace() follows a symlink to a target directory, and none below it", () =>
  withTree({
    "run/systemd/system": { link: "/elsewhere" },
    "elsewhere/x.d/f": "f",
    "elsewhere/l.d": { link: "/etc" },
    "etc/f": "the system's",
  }, ({ root }) => {
    const read = (path: string) =>
      withFoundPlace({ root, path: encodePath(path) }, (directory, name) => directory.findLstat(name)?.type);
    assertEquals(read(`${UNITS}/x.d/f`), "file");
    assertEquals(read(`${UNITS}/l.d`), "symlink");
    assertEquals(read(`${UNITS}/l.d/f`), undefined);
    assertEquals(read(`${UNITS}/none/f`), undefined);
    assertEquals(read(`${UNITS}/x.d/f/g`), undefined);
    assertThrows(() => withPlace({ root, path: encodePath(`${UNITS}/l.d/f`) }, () => {}), TorcxError);
    const failing = (): never => {
      throw new TorcxError("failed", "its own");
    };
    assertThrows(
      () => withFoundPlace({ root, path: encodePath(`${UNITS}/x.d/f`) }, failing),
      TorcxError,
      "its own",
    );
    const isDir = (path: string): boolean => isDirectory(root, encodePath(path));
    assertEquals([isDir(UNITS), isDir(`${UNITS}/x.d`), isDir(`${UNITS}/l.d`), isDir("/none")], [
      true,
      true,
      false,
      false,
    ]);
  }));

Deno.test("findObstacle() finds what is no directory on the way", () =>
  withTree({ file: "", "d/e": { dir: true }, gone: { link: "nowhere" }, l: { link: "d" } }, ({ root }) => {
    const find = (path: string) => findObstacle(root, encodePath(path));
    assertEquals([find("/d/e"), find("/l/e"), find("/none/a")], [undefined, undefined, undefined]);
    assertEquals(find("/file/a") as unknown, { path: "/file", state: "a file, not a directory" });
    assertEquals(find("/gone/a") as unknown, {
      path: "/gone",
      state: "a symlink to nothing, not a directory",
    });
  }));

Deno.test("listPrefixes() lists a path's directories, outermost first", () => {
  assertEquals(listPrefixes(encodePath("/a/b/c")), ["/a", "/a/b", "/a/b/c"] as ByteString[]);
  assertEquals(listPrefixes(encodePath("")), []);
});
