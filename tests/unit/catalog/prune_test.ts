import { assert, assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { listMessages, type TorcxError } from "../../../lib/errors.ts";
import { parseImageName } from "../../../lib/manifest/names.ts";
import { compareOsVersions } from "../../../lib/catalog/os_versions.ts";
import { planClearVersioned } from "../../../lib/catalog/clear_versioned.ts";
import { planPrune } from "../../../lib/catalog/prune.ts";
import { type Removal, removePlanned } from "../../../lib/catalog/removal.ts";
import { catchError, makeProfile, type Node, OS_RELEASE, type Tree, withTree } from "../../support/nodes.ts";

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
    const { removed, failures } = removePlanned({ root: tree.root, log: tree.log }, planned);
    assertEquals(failures, []);
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
    ({ readSystem }) => planClearVersioned(readSystem(), { keepVersions: ["1.2.3", "9.9"] }),
    [`${STORE}/1.0/a:1.torcx.tgz`, `${STORE}/2.0/a:1.torcx.tgz`, `${STORE}/2.0/b:1.torcx.squashfs`],
  );
  await withTree({ ...OS_RELEASE, ...VERSIONED }, ({ root, path, log, readSystem }) => {
    removePlanned({ root, log }, planClearVersioned(readSystem(), { keepVersions: ["1.2.3"] }));
    assertEquals([exists(`${path}/${STORE}/1.0`), exists(`${path}/${STORE}/1.2.3`)], [false, true]);
    assertEquals(log.lines, [
      'warning: leaving directory "/var/lib/torcx/store/.hidden" alone: it is not named by a version',
    ]);
  });
});

Deno.test("planClearVersioned() with a name removes only that image's archives (contract: clear-versioned)", () =>
  check(
    VERSIONED,
    ({ readSystem }) =>
      planClearVersioned(readSystem(), { keepVersions: ["1.2.3"], name: parseImageName("a") }),
    [`${STORE}/1.0/a:1.torcx.tgz`, `${STORE}/2.0/a:1.torcx.tgz`],
  ));

Deno.test("planClearVersioned() refuses to drop the running version, and plans it if forced", () =>
  withTree({ ...OS_RELEASE, ...VERSIONED }, ({ readSystem }) => {
    const keepVersions = ["9", "10"];
    const error = catchError(() => planClearVersioned(readSystem(), { keepVersions }));
    assertEquals(
      listMessages(error)[0],
      'Cannot clear the versioned stores: version "1.2.3", which is running, is not among those kept ("9", "10")',
    );
    assertEquals(
      (error as TorcxError).hint,
      'Add "-k 1.2.3" to keep it, or "--force" to remove its archives too',
    );
    const plan = planClearVersioned(readSystem(), { keepVersions, isForced: true });
    assertEquals(plan.map(({ version }) => version), ["1.0", "1.2.3", "2.0"]);
  }));

Deno.test("planClearVersioned() has nothing to do without a store, or without a running version to mind", async () => {
  await withTree(OS_RELEASE, ({ readSystem }) => {
    assertEquals(planClearVersioned(readSystem(), { keepVersions: ["1.2.3"] }), []);
  });
  await withTree({ [`${STORE}/1.0/a:1.torcx.tgz`]: "" }, ({ readSystem }) => {
    const plan = planClearVersioned(readSystem(), { keepVersions: ["9"] });
    assertEquals(plan.map(({ version }) => version), ["1.0"]);
  });
});

Deno.test("removePlanned() removes a symlink to a directory, not what it leads to", () =>
  check(
    { "data/a:1.torcx.tgz": "", [`${STORE}/1.0`]: { link: "/data" } },
    ({ readSystem }) => planClearVersioned(readSystem(), { keepVersions: ["1.2.3"] }),
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
    ({ readSystem }) => planPrune(readSystem()),
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
  }, ({ root, path, log, readSystem }) => {
    const { removed } = removePlanned({ root, log }, planPrune(readSystem()));
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
    ({ readSystem }) => planPrune(readSystem()),
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
    ({ readSystem }) => planPrune(readSystem()),
    [`${STORE}/1.1/other:17.torcx.tgz`],
  ));

Deno.test("planPrune() fails if a profile cannot be read: what it needs is not known", () =>
  withTree(
    { ...OS_RELEASE, ...PROFILES, "etc/torcx/profiles/bad.json": "{" },
    ({ readSystem }) => {
      assertEquals(
        listMessages(catchError(() => planPrune(readSystem()))).slice(0, 2),
        [
          "Cannot prune the user store: what is needed is not known",
          'Cannot read profile "bad": it is not a valid profile file',
        ],
      );
    },
  ));

Deno.test("removePlanned() goes on after a failure, tells each one, and spares what was replaced", () =>
  withTree({ ...OS_RELEASE, "b": "", "c": "new" }, ({ root, path, log }) => {
    const make = (path: string, identity = ""): Removal => ({
      kind: "archive",
      path,
      version: undefined,
      bytes: 0,
      reason: "r",
      identity,
    });
    const { dev, ino } = root.lstat(encodePath("/b"));
    const plan = [make("/a"), make("/b", `${dev}:${ino}`), make("/c", `${dev}:1`), make("/c/d")];
    const { removed, failures } = removePlanned({ root, log }, plan);
    assertEquals(removed.map((removal) => removal.path), ["/b"]);
    assertEquals([exists(`${path}/b`), exists(`${path}/c`)], [false, true]);
    assertEquals(failures.map(({ error }) => error.message), [
      'Cannot remove "/a"',
      'Cannot remove "/c"',
      'Cannot remove "/c/d"',
    ]);
    assertEquals(listMessages(failures[1]!.error)[1], 'Cannot use the plan for "/c": it was replaced since');
  }));
