/** Tests locks on files of their own: one holder, a time limit, the holder's name, odd files. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { acquireLock, findLockHolder } from "../../../lib/sys/lock_file.ts";
import { catchError, withTree } from "../../support/nodes.ts";

const PATH = encodePath("/d/lock");
const INTENT = { intent: "Cannot try", timeout: 0 };

Deno.test("acquireLock() makes the file 0600, and one at a time holds it", () =>
  withTree({ "d": { dir: true } }, ({ root, path }) => {
    assertEquals(findLockHolder(root, PATH), undefined);
    const before = Date.now();
    {
      using _lock = acquireLock(root, PATH, INTENT);
      assertEquals(Deno.statSync(`${path}/d/lock`).mode! & 0o7777, 0o600);
      const holder = findLockHolder(root, PATH);
      assert(typeof holder === "object" && holder.pid === Deno.pid, JSON.stringify(holder));
      assert(Math.abs(holder.since.getTime() - before) < 60_000);
      const error = catchError(() => acquireLock(root, PATH, INTENT));
      assert(error instanceof TorcxError && error.code === "busy");
      assertEquals(error.message, `Cannot try: another torcx is at work (process ${Deno.pid})`);
    }
    assertEquals(findLockHolder(root, PATH), undefined);
    acquireLock(root, PATH, INTENT)[Symbol.dispose]();
  }));

Deno.test("acquireLock() waits no longer than it is told", () =>
  withTree({ "d": { dir: true } }, ({ root }) => {
    using _lock = acquireLock(root, PATH, INTENT);
    const start = performance.now();
    const error = catchError(() => acquireLock(root, PATH, { intent: "Cannot try", timeout: 100 }));
    assert(error instanceof TorcxError && error.code === "busy");
    assert(performance.now() - start >= 100);
  }));

Deno.test("acquireLock() takes a new file if the one that is held was removed", () =>
  withTree({ "d": { dir: true } }, ({ root, path }) => {
    using _old = acquireLock(root, PATH, INTENT);
    Deno.removeSync(`${path}/d/lock`);
    using _new = acquireLock(root, PATH, INTENT);
    assertEquals(catchError(() => acquireLock(root, PATH, INTENT)) instanceof TorcxError, true);
  }));

Deno.test("acquireLock() closes a file that others could have opened", () =>
  withTree({ "d/lock": "" }, ({ root, path }) => {
    Deno.chmodSync(`${path}/d/lock`, 0o666);
    using _lock = acquireLock(root, PATH, INTENT);
    assertEquals(Deno.statSync(`${path}/d/lock`).mode! & 0o7777, 0o600);
  }));

Deno.test("acquireLock() names what is no lock file, and follows no symlink", () =>
  withTree({ "d/lock": { link: "../target" }, "e": { dir: true }, "f": "" }, ({ root, path }) => {
    const link = catchError(() => acquireLock(root, PATH, INTENT));
    assert(link instanceof TorcxError);
    assertMatch(link.message, /^Cannot try: lock file "\/d\/lock" does not open$/);
    assertEquals([...Deno.readDirSync(path)].some(({ name }) => name === "target"), false);
    for (const place of ["/e", "/none/lock", "/f/lock"]) {
      const error = catchError(() => acquireLock(root, encodePath(place), INTENT));
      assert(error instanceof TorcxError);
      assertMatch(error.message, /^Cannot try: lock file /, place);
    }
    assertEquals(findLockHolder(root, encodePath("/none/lock")), undefined);
    assertEquals(findLockHolder(root, encodePath("/f/lock")), undefined);
  }));
