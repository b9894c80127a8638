/** Tests that what was planned is removed, and nothing else. */

import { assertEquals } from "@std/assert";
import { identify } from "../../../lib/catalog/links.ts";
import { planArchive, type Removal, removePlanned } from "../../../lib/catalog/removal.ts";
import { encodePath } from "../../../lib/bytes.ts";
import { listMessages } from "../../../lib/errors.ts";
import type { Root } from "../../../lib/sys/root.ts";
import { withTree } from "../../support/nodes.ts";

function plan(root: Root, kind: Removal["kind"], path: string): Removal {
  const identity = identify(root.lstat(encodePath(path)));
  return { kind, path, version: undefined, bytes: 0, reason: "a test", identity };
}

Deno.test("removePlanned() removes archives, directories, links and empty directories", () =>
  withTree({
    archive: "x",
    "dir/a/b": "x",
    link: { link: "kept" },
    empty: { dir: true },
    "kept/f": "x",
  }, ({ root, log, path }) => {
    const list = [
      plan(root, "archive", "/archive"),
      plan(root, "directory", "/dir"),
      plan(root, "link", "/link"),
      plan(root, "empty", "/empty"),
      // Not empty any more: it stays, and that is no failure.
      plan(root, "empty", "/kept"),
    ];
    const { removed, failures } = removePlanned({ root, log }, list);
    assertEquals(removed.map((item) => item.path), ["/archive", "/dir", "/link", "/empty"]);
    assertEquals(failures, []);
    assertEquals([...Deno.readDirSync(path)].map(({ name }) => name), ["kept"]);
  }));

Deno.test("removePlanned() leaves what was replaced since, and goes on", () =>
  withTree({ a: "x", b: "x", gone: "x" }, ({ root, log, path }) => {
    const list = ["/a", "/gone", "/b"].map((name) => plan(root, "archive", name));
    Deno.writeTextFileSync(`${path}/new`, "another");
    Deno.renameSync(`${path}/new`, `${path}/a`);
    Deno.removeSync(`${path}/gone`);
    const { removed, failures } = removePlanned({ root, log }, list);
    assertEquals(removed.map((item) => item.path), ["/b"]);
    assertEquals(failures.map(({ removal, error }) => [removal.path, listMessages(error)[0]]), [
      ["/a", 'Cannot remove "/a"'],
      ["/gone", 'Cannot remove "/gone"'],
    ]);
    assertEquals(listMessages(failures[0]!.error)[1]!.includes("replaced since"), true);
    assertEquals(Deno.readTextFileSync(`${path}/a`), "another");
  }));

Deno.test("planArchive() counts no bytes of a file that has other names", () =>
  withTree({ one: "12345", two: "123" }, ({ root, path }) => {
    Deno.linkSync(`${path}/two`, `${path}/three`);
    const bytes = ["/one", "/two"].map((name) =>
      planArchive(root, { path: name } as never, { version: "1", reason: "a test" }).bytes
    );
    assertEquals(bytes, [5, 0]);
  }));
