/** Tests directories that appear and go with their lock: never seen without, never over what is there. */

import { assert, assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { findLockHolder } from "../../../lib/sys/lock_file.ts";
import {
  makeLockedDirectory,
  removeLeavings,
  removeLockedDirectory,
} from "../../../lib/sys/locked_directory.ts";
import { withTree } from "../../support/nodes.ts";

const PATH = encodePath("/run/d");
const LOCK = encodePath("lock");
const LEAVING = ".torcx-1-2-ab.tmp";

const list = (path: string): string[] => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

Deno.test("makeLockedDirectory() makes it with the mode and the lock held", () =>
  withTree({ "run/.keep": "" }, ({ root, path }) => {
    {
      using lock = makeLockedDirectory(root, PATH, { lockName: LOCK, mode: 0o751 });
      assert(lock !== undefined);
      assertEquals(Deno.statSync(`${path}/run/d`).mode! & 0o7777, 0o751);
      const holder = findLockHolder(root, encodePath("/run/d/lock"));
      assertEquals(typeof holder === "object" && holder.pid, Deno.pid);
    }
    assertEquals(findLockHolder(root, encodePath("/run/d/lock")), undefined);
    assertEquals(list(`${path}/run`), [".keep", "d"]);
  }));

Deno.test("makeLockedDirectory() leaves what has the name, whatever it is", async () => {
  for (const node of [{ dir: true }, "file", { link: "/nowhere" }] as const) {
    await withTree({ "run/d": node }, ({ root, path }) => {
      assertEquals(makeLockedDirectory(root, PATH, { lockName: LOCK, mode: 0o755 }), undefined);
      assertEquals(list(`${path}/run`), ["d"]);
    });
  }
});

Deno.test("removeLockedDirectory() takes it away with its lock, and leaves the target of a symlink", async () => {
  await withTree({ "run/d/lock": "" }, ({ root, path }) => {
    removeLockedDirectory(root, PATH, { lockName: LOCK });
    assertEquals(list(`${path}/run`), []);
  });
  await withTree({ "run/d": { link: "/run/e" }, "run/e/lock": "" }, ({ root, path }) => {
    removeLockedDirectory(root, PATH, { lockName: LOCK });
    assertEquals([list(`${path}/run`), list(`${path}/run/e`)], [["d", "e"], []]);
  });
});

Deno.test("removeLeavings() removes what a kill left, and nothing that is in use, full, or not its own", async () => {
  const nodes = { [`run/${LEAVING}/lock`]: "", "run/other/lock": "", "run/.torcx-x.tmp/lock": "" };
  const parent = encodePath("/run");
  await withTree(nodes, ({ root, path }) => {
    removeLeavings(root, parent, { lockName: LOCK, isOwn: () => false });
    assertEquals(list(`${path}/run`), [LEAVING, ".torcx-x.tmp", "other"]);
    removeLeavings(root, parent, { lockName: LOCK, isOwn: () => true });
    assertEquals(list(`${path}/run`), [".torcx-x.tmp", "other"]);
  });
  await withTree({ ...nodes, [`run/${LEAVING}/mine`]: "" }, ({ root, path }) => {
    removeLeavings(root, parent, { lockName: LOCK, isOwn: () => true });
    assertEquals(list(`${path}/run/${LEAVING}`), ["mine"]);
  });
});
