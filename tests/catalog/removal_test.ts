import { assert, assertEquals } from "@std/assert";
import { listMessages } from "../../lib/errors.ts";
import { parseImageName } from "../../lib/manifest/names.ts";
import { compareOsVersions } from "../../lib/catalog/os_versions.ts";
import { planClearVersioned, planPrune, removePlanned } from "../../lib/catalog/removal.ts";
import { catchError, makeProfile, type Node, OS_RELEASE, type Tree, withTree } from "./tree.ts";

const STORE = "var/lib/torcx/store";

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Runs a plan and compares what is planned, and what is gone afterwards. */
async function check(
  nodes: Record<string, Node>,
  plan: (tree: Tree) => ReturnType<typeof planPrune>,
  gone: string[],
): Promise<void> {
  await withTree({ ...OS_RELEASE, ...nodes }, (tree) => {
    const planned = plan(tree);
    for (const path of Object.keys(nodes)) {
      assert(exists(`${tree.path}/${path}`), `planning removes nothing: ${path}`);
    }
    const removed = removePlanned(tree.root, tree.log, planned);
    const missing = Object.keys(nodes).filter((path) => !exists(`${tree.path}/${path}`));
    assertEquals(missing.sort(), [...gone].sort());
    for (const { path } of removed) assert(!exists(`${tree.path}${path}`), path);
  });
}

Deno.test("compareOsVersions() orders versions by their numbers", () => {
  const sorted = ["1.2", "1.10~rc1", "1.10", "1.10.1", "2", "10", "3033.2.0+a", "3033.2.0+b"];
  const order = ["1.2", "1.10~rc1", "1.10", "1.10.1", "2", "10", "3033.2.0+a", "3033.2.0+b"];
  assertEquals([...sorted].reverse().sort(compareOsVersions), order);
  assertEquals(compareOsVersions("1.0", "1.0"), 0);
});

const VERSIONED = {
  [`${STORE}/1.0/a:1.torcx.tgz`]: "",
  [`${STORE}/1.2.3/a:1.torcx.tgz`]: "",
  [`${STORE}/2.0/a:1.torcx.tgz`]: "",
  [`${STORE}/2.0/b:1.torcx.squashfs`]: "",
  [`${STORE}/a:1.torcx.tgz`]: "",
  [`${STORE}/lost+found/x`]: "",
  [`${STORE}/.hidden/a:1.torcx.tgz`]: "",
  [`usr/share/oem/torcx/store/1.0/a:1.torcx.tgz`]: "",
};

Deno.test("planClearVersioned() removes the versioned directories but those kept (contract: clear-versioned)", async () => {
  await check(
    VERSIONED,
    ({ root, log, readSettings }) =>
      planClearVersioned(root, readSettings(), log, { keepVersions: ["1.2.3", "9.9"] }),
    [`${STORE}/1.0/a:1.torcx.tgz`, `${STORE}/2.0/a:1.torcx.tgz`, `${STORE}/2.0/b:1.torcx.squashfs`],
  );
  await withTree({ ...OS_RELEASE, ...VERSIONED }, ({ root, path, log, readSettings }) => {
    removePlanned(root, log, planClearVersioned(root, readSettings(), log, { keepVersions: ["1.2.3"] }));
    assertEquals([exists(`${path}/${STORE}/1.0`), exists(`${path}/${STORE}/1.2.3`)], [false, true]);
    assertEquals(log.lines, [
      'warning: leaving directory "/var/lib/torcx/store/.hidden" alone: it is not named by a version',
    ]);
  });
});

Deno.test("planClearVersioned() with a name removes only that image's archives (contract: clear-versioned)", () =>
  check(
    VERSIONED,
    ({ root, log, readSettings }) =>
      planClearVersioned(root, readSettings(), log, { keepVersions: ["1.2.3"], name: parseImageName("a") }),
    [`${STORE}/1.0/a:1.torcx.tgz`, `${STORE}/2.0/a:1.torcx.tgz`],
  ));

Deno.test("planClearVersioned() warns if the running version is not kept, and has nothing to do without a store", () =>
  withTree(OS_RELEASE, ({ root, log, readSettings }) => {
    assertEquals(planClearVersioned(root, readSettings(), log, { keepVersions: ["9"] }), []);
    assertEquals(log.lines, ['warning: version "1.2.3", which is running, is not among those kept']);
  }));

Deno.test("removePlanned() removes a symlink to a directory, not what it leads to", () =>
  check(
    { "data/a:1.torcx.tgz": "", [`${STORE}/1.0`]: { link: "/data" } },
    ({ root, log, readSettings }) =>
      planClearVersioned(root, readSettings(), log, { keepVersions: ["1.2.3"] }),
    [`${STORE}/1.0`],
  ));

const PROFILES = {
  "usr/share/torcx/profiles/vendor.json": makeProfile("docker:com.coreos.cl"),
  "etc/torcx/profiles/edge.json": makeProfile("docker:18", "gone:"),
  "run/torcx/profile.json": makeProfile("running:1"),
};

Deno.test("planPrune() removes archives that no profile of current, next or previous version needs", () =>
  check(
    {
      ...PROFILES,
      [`${STORE}/docker:17.torcx.tgz`]: "",
      [`${STORE}/docker:18.torcx.tgz`]: "",
      [`${STORE}/running:1.torcx.tgz`]: "",
      [`${STORE}/gone:1.torcx.tgz`]: "",
      [`${STORE}/notes.txt`]: "",
      [`${STORE}/1.2.3/docker:17.torcx.tgz`]: "",
      [`${STORE}/1.2.3/docker:18.torcx.squashfs`]: "",
      [`${STORE}/1.2.2/docker:17.torcx.tgz`]: "",
      [`${STORE}/1.2.2/other:1.torcx.tgz`]: "",
      [`${STORE}/1.2.1/docker:18.torcx.tgz`]: "",
      [`${STORE}/1.1.9/docker:18.torcx.tgz`]: "",
      [`${STORE}/1.1.9/README`]: "",
      [`${STORE}/1.3/docker:19.torcx.tgz`]: "",
      [`${STORE}/1.4/docker:19.torcx.tgz`]: "",
      "usr/share/torcx/store/unused:1.torcx.tgz": "",
    },
    ({ root, log, readSettings }) => planPrune(root, readSettings(), log),
    [
      `${STORE}/docker:17.torcx.tgz`,
      `${STORE}/gone:1.torcx.tgz`,
      `${STORE}/1.2.3/docker:17.torcx.tgz`,
      `${STORE}/1.2.2/other:1.torcx.tgz`,
      `${STORE}/1.2.1/docker:18.torcx.tgz`,
      `${STORE}/1.1.9/docker:18.torcx.tgz`,
    ],
  ));

Deno.test("planPrune() removes a versioned directory that it empties, and no other", () =>
  withTree({
    ...OS_RELEASE,
    ...PROFILES,
    [`${STORE}/1.0/docker:18.torcx.tgz`]: "",
    [`${STORE}/1.1/docker:18.torcx.tgz`]: "",
    [`${STORE}/1.0.1/README`]: "",
  }, ({ root, path, log, readSettings }) => {
    const removed = removePlanned(root, log, planPrune(root, readSettings(), log));
    assertEquals(removed.map(({ path, kind }) => [path, kind]), [
      [`/${STORE}/1.0/docker:18.torcx.tgz`, "archive"],
      [`/${STORE}/1.0`, "empty"],
    ]);
    assertEquals([...Deno.readDirSync(`${path}/${STORE}`)].map(({ name }) => name).sort(), ["1.0.1", "1.1"]);
  }));

Deno.test("planPrune() keeps what a needed symlink leads to", () =>
  check(
    {
      ...PROFILES,
      [`${STORE}/docker.torcx.tgz`]: { link: "docker:17.torcx.tgz" },
      [`${STORE}/docker:17.torcx.tgz`]: "x",
      [`${STORE}/docker:16.torcx.tgz`]: { link: "docker:17.torcx.tgz" },
    },
    ({ root, log, readSettings }) => planPrune(root, readSettings(), log),
    [`${STORE}/docker:16.torcx.tgz`],
  ));

Deno.test("planPrune() keeps every version's needed names if the current version is not known", () =>
  check(
    {
      ...PROFILES,
      "usr/lib/os-release": "ID=x\n",
      [`${STORE}/1.0/docker:16.torcx.tgz`]: "",
      [`${STORE}/1.1/docker:17.torcx.tgz`]: "",
      [`${STORE}/1.1/other:17.torcx.tgz`]: "",
    },
    ({ root, log, readSettings }) => planPrune(root, readSettings(), log),
    [`${STORE}/1.1/other:17.torcx.tgz`],
  ));

Deno.test("planPrune() fails if a profile cannot be read: what it needs is not known", () =>
  withTree(
    { ...OS_RELEASE, ...PROFILES, "etc/torcx/profiles/bad.json": "{" },
    ({ root, log, readSettings }) => {
      assertEquals(
        listMessages(catchError(() => planPrune(root, readSettings(), log)))[0],
        'Cannot read profile "bad": it is not a valid profile file',
      );
    },
  ));

Deno.test("removePlanned() goes on after a failure and tells each one", () =>
  withTree({ ...OS_RELEASE, "b": "" }, ({ root, path, log }) => {
    const make = (path: string) => ({ kind: "archive" as const, path, bytes: 0, reason: "r" });
    const error = catchError(() => removePlanned(root, log, [make("/a"), make("/b"), make("/c/d")]));
    assertEquals(exists(`${path}/b`), false);
    const messages = listMessages(error);
    assertEquals(messages[0], "Cannot clear the user store: 2 of 3 removals failed");
    assert(
      messages.includes('Cannot remove "/a"') && messages.includes('Cannot remove "/c/d"'),
      messages.join("\n"),
    );
  }));
