/**
 * Tests, through the real program, that `image clear-versioned` and `image prune` remove nothing that runs
 * or is in use.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { makeProfile } from "../../support/nodes.ts";
import { checkProgram, type ProgramCase } from "../../support/program_cases.ts";
import { runTorcx } from "../../support/binary.ts";
import { CLEAR, exists, PRUNE, STORE, test, withSystem } from "../../support/removals.ts";
import { testWith } from "../../support/needs.ts";

function testCase(name: string, item: Omit<ProgramCase, "does">): void {
  test(name, () => checkProgram({ does: name, ...item }));
}

/** What `prune` writes if this goes. */
function pruned(paths: readonly string[], directories: readonly string[] = []): RegExp {
  const words = [...paths, ...directories].map((path) => `"/${STORE}/${path.replaceAll(".", "\\.")}"`);
  return new RegExp(
    `"removals": \\[${
      words.slice(0, paths.length).map((word) => `[^\\]]*"archive_path": ${word}`).join("")
    }[^/\\]]*\\],\\s+"directories": \\[\\s*${words.slice(paths.length).join(",\\s+")}\\s*\\]`,
  );
}

for (const [args, version] of [[["-k", "1.2.33"], "1.2.33"], [["etcd", "-k", "1.2.2"], "1.2.2"]] as const) {
  for (const more of [[], ["--dry-run"], ["--yes"]]) {
    testCase(
      `"${[...CLEAR, ...args, ...more].join(" ")}" drops the running version: it is refused as a whole`,
      {
        args: [...CLEAR, ...args, ...more],
        code: 1,
        stderr:
          `torcx: Cannot clear the versioned stores: version "1.2.3", which is running, is not among those kept ("${version}")\n` +
          'Hint: Add "-k 1.2.3" to keep it, or "--force" to remove its archives too\n',
      },
    );
  }
}

testCase("with --force the running version's store goes", {
  args: [...CLEAR, "-k", "1.2.2", "--force"],
  code: 0,
  stdout: /"type": "directory",\n +"version": "1\.2\.3"/,
  after: { [`${STORE}/1.2.3`]: null },
});

testCase("prune leaves the running version's directory, though it is empty", {
  args: PRUNE,
  system: { "etc/torcx/profiles/edge.json": makeProfile("docker:2") },
  code: 0,
  stdout: pruned(["1.2.2/etcd:2.torcx.tgz", "1.2.3/etcd:3.torcx.tgz"]),
  after: { [`${STORE}/1.2.3/etcd:3.torcx.tgz`]: null, [`${STORE}/1.2.2/etcd:2.torcx.tgz`]: null },
});

testCase("prune --force removes the running version's directory with its last archive", {
  args: [...PRUNE, "--force"],
  system: { "etc/torcx/profiles/edge.json": makeProfile("docker:2") },
  code: 0,
  stdout: pruned(["1.2.2/etcd:2.torcx.tgz", "1.2.3/etcd:3.torcx.tgz"], ["1.2.3"]),
  after: { [`${STORE}/1.2.3`]: null, [`${STORE}/1.2.2/etcd:2.torcx.tgz`]: null },
});

/** A profile that needs `a:1` of the archives below, and no other one. */
const NEEDS_A = {
  "etc/torcx/profiles/edge.json": makeProfile("a:1", "docker:2", "etcd:3"),
  [`${STORE}/z:1.torcx.tgz`]: "unused",
};

testCase("prune keeps every link of a chain", {
  args: PRUNE,
  system: {
    ...NEEDS_A,
    [`${STORE}/a:1.torcx.tgz`]: { link: "b:1.torcx.tgz" },
    [`${STORE}/b:1.torcx.tgz`]: { link: "../store/c:1.torcx.tgz" },
    [`${STORE}/c:1.torcx.tgz`]: "the archive",
  },
  code: 0,
  stdout: pruned(["z:1.torcx.tgz"]),
  after: { [`${STORE}/z:1.torcx.tgz`]: null },
});

testCase("prune keeps a versioned directory that a link goes through", {
  args: PRUNE,
  system: {
    ...NEEDS_A,
    [`${STORE}/a:1.torcx.tgz`]: { link: "1.0/../c:1.torcx.tgz" },
    [`${STORE}/c:1.torcx.tgz`]: "the archive",
    [`${STORE}/1.0`]: { dir: true },
    [`${STORE}/0.9`]: { dir: true },
  },
  code: 0,
  stdout: pruned(["z:1.torcx.tgz"], ["0.9"]),
  after: { [`${STORE}/z:1.torcx.tgz`]: null, [`${STORE}/0.9`]: null },
});

for (
  const [store, env] of [
    ["usr/share/torcx/store"],
    ["usr/share/oem/torcx/store"],
    ["usr/share/oem/torcx/store/1.2.3"],
    ["usr/share/oem/torcx/store/1.2.4"],
    ["data/configured"],
    ["data/extra", { TORCX_STOREPATH: "/data/extra" }],
  ] as const
) {
  test(`prune keeps what a link in "/${store}" leads to`, () =>
    checkProgram({
      does: "",
      args: PRUNE,
      ...(env === undefined ? {} : { env }),
      system: {
        ...NEEDS_A,
        "etc/torcx/config.json": '{"kind":"torcx-config-v0","value":{"store_paths":["/data/configured"]}}',
        "data/configured": { dir: true },
        [`${store}/a:1.torcx.tgz`]: { link: `/${STORE}/hidden:1.torcx.tgz` },
        [`${STORE}/hidden:1.torcx.tgz`]: { link: "1.0/hidden:2.torcx.tgz" },
        [`${STORE}/1.0/hidden:2.torcx.tgz`]: "the archive",
      },
      code: 0,
      stdout: pruned(["z:1.torcx.tgz"]),
      after: { [`${STORE}/z:1.torcx.tgz`]: null },
    }));
}

testCase("prune goes by the profiles where another path leads to the user store itself", {
  args: PRUNE,
  env: { TORCX_STOREPATH: `/alias:/${STORE}` },
  system: {
    ...NEEDS_A,
    "alias": { link: STORE },
    [`${STORE}/a:1.torcx.tgz`]: "needed",
  },
  code: 0,
  stdout: pruned(["z:1.torcx.tgz"]),
  after: { [`${STORE}/z:1.torcx.tgz`]: null },
});

testCase("prune looks not through a symlinked versioned directory, and lists nothing twice", {
  args: PRUNE,
  system: {
    ...NEEDS_A,
    [`${STORE}/1.2.1`]: { link: "/data/old" },
    [`${STORE}/1.2.4`]: { link: "1.2.3" },
    [`${STORE}/1.2.3/y:1.torcx.tgz`]: "unused",
    "data/old/x:1.torcx.tgz": "in another store",
  },
  code: 0,
  stdout: pruned(["z:1.torcx.tgz", "1.2.3/y:1.torcx.tgz"]),
  after: { [`${STORE}/z:1.torcx.tgz`]: null, [`${STORE}/1.2.3/y:1.torcx.tgz`]: null },
});

testCase("prune keeps what a newer version gets through a symlinked directory", {
  args: PRUNE,
  system: {
    ...NEEDS_A,
    [`${STORE}/1.2.4`]: { link: "1.2.3" },
    [`${STORE}/1.2.3/a:2.torcx.tgz`]: "a newer version may need it",
  },
  code: 0,
  stdout: pruned(["z:1.torcx.tgz"]),
  after: { [`${STORE}/z:1.torcx.tgz`]: null },
});

testCase("clear-versioned removes a symlinked versioned directory, never what it leads to", {
  args: [...CLEAR, "-k", "1.2.3"],
  system: { [`${STORE}/1.2.1`]: { link: "/data/old" }, "data/old/x:1.torcx.tgz": "in another store" },
  code: 0,
  stdout: /"type": "link",\n +"version": "1\.2\.1"[^]*"type": "directory",\n +"version": "1\.2\.2"/,
  after: { [`${STORE}/1.2.1`]: null, [`${STORE}/1.2.2`]: null },
});

testCase("clear-versioned with a name leaves a symlinked versioned directory alone", {
  args: [...CLEAR, "x", "-k", "1.2.3"],
  system: { [`${STORE}/1.2.1`]: { link: "/data/old" }, "data/old/x:1.torcx.tgz": "in another store" },
  code: 0,
  stdout: /"removals": \[\]/,
  stderr:
    'torcx: warning: leaving "/var/lib/torcx/store/1.2.1" alone: it is a symlink, and its archives lie elsewhere\n',
});

testCase("clear-versioned leaves what a version that is kept leads to", {
  args: [...CLEAR, "-k", "1.2.3"],
  system: {
    [`${STORE}/1.2.3/etcd:3.torcx.tgz`]: { link: "../1.0/etcd:3.torcx.tgz" },
    [`${STORE}/1.0/etcd:3.torcx.tgz`]: "the archive",
  },
  code: 0,
  stdout: /"version": "1\.2\.2"/,
  stderr:
    'torcx: warning: leaving "/var/lib/torcx/store/1.0" alone: "/var/lib/torcx/store/1.2.3/etcd:3.torcx.tgz", which is kept, leads to it\n',
  after: { [`${STORE}/1.2.2`]: null },
});

testCase("clear-versioned leaves the directory that a kept version is a symlink to", {
  args: [...CLEAR, "-k", "1.2.3"],
  system: {
    [`${STORE}/1.2.3/etcd:3.torcx.tgz`]: null,
    [`${STORE}/1.2.3`]: { link: "1.2.2" },
  },
  code: 0,
  stdout: /"removals": \[\]/,
  stderr:
    'torcx: warning: leaving "/var/lib/torcx/store/1.2.2" alone: "/var/lib/torcx/store/1.2.3", which is kept, leads to it\n',
});

for (
  const [what, system] of [
    ["profiles directory", {
      "etc/torcx/profiles/edge.json": null,
      "etc/torcx/profiles": { link: "profiles" },
    }],
    ["profile", { "etc/torcx/profiles/loop.json": { link: "loop.json" } }],
    ["archive of another store", { "usr/share/torcx/store/x:1.torcx.tgz": { link: "x:1.torcx.tgz" } }],
  ] as const
) {
  testCase(`prune is refused where a ${what} cannot be read`, {
    args: PRUNE,
    system: { ...system, [`${STORE}/z:1.torcx.tgz`]: "unused" },
    code: 1,
    stderr: /^torcx: Cannot prune the user store: what is needed is not known\n[^]*ELOOP/m,
  });
}

testCase("clear-versioned is refused where a version that is kept cannot be read", {
  args: [...CLEAR, "-k", "1.2.3"],
  system: { [`${STORE}/1.2.3/x:1.torcx.tgz`]: { link: "x:1.torcx.tgz" } },
  code: 1,
  stderr: /^torcx: Cannot clear the versioned stores: what is in them is not known\n[^]*ELOOP/,
});

testCase("prune warns of a configured store that is absent: its links may need something", {
  args: PRUNE,
  env: { TORCX_STOREPATH: "/mnt/data" },
  code: 0,
  stdout: /"removals"/,
  stderr: /^torcx: warning: store "\/mnt\/data" \(.*TORCX_STOREPATH\) is absent: /,
});

test("prune removes a hard link that no profile lists; its bytes stay with the other name", () =>
  withSystem(async (root) => {
    await Deno.link(`${root}/${STORE}/1.2.3/a:1.torcx.tgz`, `${root}/${STORE}/y:1.torcx.tgz`);
    const { code, stdout } = await runTorcx([...PRUNE, "--root", root]);
    const { bytes, removals } = JSON.parse(stdout).value;
    assertEquals([code, bytes], [0, "old".length + "unused".length]);
    assertEquals(
      removals.map((
        { archive_path, bytes }: { archive_path: string; bytes: number },
      ) => [archive_path, bytes]),
      [
        [`/${STORE}/y:1.torcx.tgz`, 0],
        [`/${STORE}/z:1.torcx.tgz`, 6],
        [`/${STORE}/1.2.1/a:1.torcx.tgz`, 3],
      ],
    );
    assertEquals(await Deno.readTextFile(`${root}/${STORE}/1.2.3/a:1.torcx.tgz`), "running");
  }));

testWith(
  "promise 03: what is removed is told, though something else cannot be",
  { isRoot: true },
  () =>
    withSystem(async (root) => {
      const mount = `mount -t tmpfs tmpfs '${root}/${STORE}/1.2.1' && exec "$@"`;
      const { code, stdout, stderr } = await runTorcx([...CLEAR, "-k", "1.2.3", "--root", root], {
        through: ["unshare", "-m", "sh", "-c", mount, "sh"],
      });
      assertEquals(code, 1, stderr);
      const { removals, failures } = JSON.parse(stdout).value;
      assertEquals(removals.map(({ path }: { path: string }) => path), [`/${STORE}/1.2.2`]);
      assertEquals(failures.length, 1);
      assertMatch(failures[0].error, new RegExp(`^Cannot remove "/${STORE}/1\\.2\\.1": `));
      assertMatch(
        stderr,
        /^torcx: Cannot clear the versioned stores: 1 of 2 removals failed\n {2}Cannot remove "[^"]*1\.2\.1": "[^"]*" is a mount point\n/,
      );
      assertEquals([exists(`${root}/${STORE}/1.2.1/a:1.torcx.tgz`), exists(`${root}/${STORE}/1.2.2`)], [
        true,
        false,
      ]);
    }),
);
