/** Promise 14, profile edits: the lock is the owner's alone, does not hang, and names who holds it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeProfile, OS_RELEASE, withTree } from "../../support/nodes.ts";
import { runTorcx } from "../../support/binary.ts";
import { testWith } from "../../support/needs.ts";

const PROFILES = "etc/torcx/profiles";
const LOCK = ".torcx.lock";
const NODES = { ...OS_RELEASE, [`${PROFILES}/edge.json`]: makeProfile() };
const USE = ["profile", "use-image", "--name", "edge", "a:"];
const SET_NEXT = ["profile", "set-next", "edge"];

/** Holds flock(1) locks of files or directories while something runs; hands in the process ids. */
async function holding(
  paths: readonly string[],
  use: (pids: number[]) => Promise<void>,
  through: readonly string[] = [],
): Promise<void> {
  const children: Deno.ChildProcess[] = [];
  try {
    for (const path of paths) {
      const [command, ...args] = [...through, "flock", "-o", path, "sh", "-c", "echo held; exec cat"];
      const child = new Deno.Command(command!, { args, stdin: "piped", stdout: "piped" }).spawn();
      children.push(child);
      // Its first line says that it holds the lock.
      const reader = child.stdout.getReader();
      assert(!(await reader.read()).done);
      reader.releaseLock();
    }
    await use(children.map(({ pid }) => pid));
  } finally {
    for (const child of children) {
      await child.stdin.close();
      await child.stdout.cancel();
      await child.status;
    }
  }
}

function list(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

testWith(
  "promise 14: who may only read the directory cannot stop an edit",
  { isRoot: true, programs: ["flock", "setpriv"] },
  () =>
    withTree(NODES, async ({ path }) => {
      await Deno.chmod(path, 0o755);
      const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
      await holding([`${path}/${PROFILES}`, `${path}/etc/torcx`], async () => {
        for (const args of [USE, SET_NEXT]) {
          const { code, stderr } = await runTorcx([...args, "--root", path]);
          assertEquals([code, stderr], [0, ""]);
        }
      }, nobody);
    }),
);

testWith(
  "promise 14: an edit that waits too long says for whom, and changes nothing",
  { programs: ["flock"] },
  () =>
    withTree({
      ...NODES,
      [`${PROFILES}/${LOCK}`]: "",
      [`etc/torcx/${LOCK}`]: "",
      // Whoever holds the lock may be at work on it.
      [`${PROFILES}/.torcx-1-1-a.tmp`]: "in use",
    }, async ({ path }) => {
      const locks = [`${path}/${PROFILES}/${LOCK}`, `${path}/etc/torcx/${LOCK}`];
      await Promise.all(locks.map((lock) => Deno.chmod(lock, 0o644)));
      await holding(locks, async (pids) => {
        const start = performance.now();
        const results = await Promise.all([
          runTorcx([...USE, "--root", path]),
          runTorcx([...SET_NEXT, "--root", path]),
          runTorcx(["profile", "new", "--name", "more", "--root", path]),
        ]);
        assert(performance.now() - start > 9_000, "it waits for a while");
        for (
          const [at, [intent, pid]] of [
            ['Cannot edit profile "edge"', pids[0]],
            ['Cannot select profile "edge"', pids[1]],
            ['Cannot make profile "more"', pids[0]],
          ].entries()
        ) {
          const { code, stderr } = results[at]!;
          assertEquals(code, 1);
          assertMatch(stderr, new RegExp(`^torcx: ${intent}: .*\\b${pid}\\b.*\\nHint: `));
        }
      });
      assertEquals(list(`${path}/${PROFILES}`), [".torcx-1-1-a.tmp", LOCK, "edge.json"]);
      assertEquals(list(`${path}/etc/torcx`), [LOCK, "profiles"]);
      assertEquals(await Deno.readTextFile(`${path}/${PROFILES}/edge.json`), makeProfile());
      const modes = locks.map((lock) => (Deno.statSync(lock).mode! & 0o777).toString(8));
      assertEquals(modes, ["600", "600"], "nobody else opens it from now on");
    }),
);

Deno.test("promise 14: of edits at once none is lost, and no lock file is left", () =>
  withTree(NODES, async ({ path }) => {
    const names = Array.from({ length: 12 }, (_, at) => `image${at}`);
    const results = await Promise.all(
      names.map((name) =>
        runTorcx([
          ...["profile", "use-image", "--name", "edge", `${name}:`],
          ...["--root", path],
        ])
      ),
    );
    assertEquals(results.map(({ code }) => code), names.map(() => 0), JSON.stringify(results));
    const { images } = JSON.parse(await Deno.readTextFile(`${path}/${PROFILES}/edge.json`)).value;
    assertEquals(images.map(({ name }: { name: string }) => name).sort(), names.sort());
    assertEquals(list(`${path}/${PROFILES}`), ["edge.json"]);
  }));

Deno.test("promise 14: a lock file that a kill left stops nobody and goes", () =>
  withTree(
    { ...NODES, [`${PROFILES}/${LOCK}`]: "", [`etc/torcx/${LOCK}`]: "" },
    async ({ path }) => {
      for (const args of [USE, SET_NEXT]) {
        const { code, stderr } = await runTorcx([...args, "--root", path]);
        assertEquals([code, stderr], [0, ""]);
      }
      assertEquals(list(`${path}/${PROFILES}`), ["edge.json"]);
      assertEquals(list(`${path}/etc/torcx`), ["next-profile", "profiles"]);
    },
  ));

const SECRET_LINKS: Record<string, (lock: string, secret: string) => Promise<void>> = {
  symlink: (lock) => Deno.symlink("/secret", lock),
  "hard link": (lock, secret) => Deno.link(secret, lock),
};

for (const [what, link] of Object.entries(SECRET_LINKS)) {
  Deno.test(`promise 14: a ${what} in the place of the lock file is not followed, and the edit refused`, () =>
    withTree({ ...NODES, secret: "x" }, async ({ path }) => {
      await link(`${path}/${PROFILES}/${LOCK}`, `${path}/secret`);
      const { code, stderr } = await runTorcx([...USE, "--root", path]);
      assertEquals(code, 1);
      assertMatch(stderr, /^torcx: Cannot edit profile "edge": /);
      assert(stderr.includes(LOCK), stderr);
      assertEquals((Deno.statSync(`${path}/secret`).mode! & 0o777).toString(8), "644");
      assertEquals(await Deno.readTextFile(`${path}/${PROFILES}/edge.json`), makeProfile());
    }));
}
