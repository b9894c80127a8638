/** The settings' directories are checked by every verb, so that nothing of the user's is taken for torcx's own. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeProfile, type Node, OS_RELEASE, writeNodes } from "../../support/nodes.ts";
import { findSchemaFaults } from "../../support/schemas.ts";
import { runTorcx } from "../../support/binary.ts";
import { testWith } from "../../support/needs.ts";

const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  "etc/torcx/profiles/edge.json": makeProfile("a:1"),
  "etc/torcx/next-profile": "edge\n",
  "var/lib/torcx/store/a:1.torcx.tgz": "x",
  "home/me/notes": "mine",
  run: { dir: true },
};

function makeConfig(value: unknown): Record<string, Node> {
  return { "etc/torcx/config.json": JSON.stringify({ kind: "torcx-config-v0", value }) };
}

/** Returns every path below a directory with what it holds. */
function listTree(root: string): string[] {
  const out: string[] = [];
  const visit = (path: string): void => {
    for (const { name, isDirectory, isFile } of Deno.readDirSync(root + path)) {
      const child = `${path}/${name}`;
      out.push(isFile ? `${child} ${Deno.readTextFileSync(root + child)}` : child);
      if (isDirectory) visit(child);
    }
  };
  visit("");
  return out.sort();
}

async function withSystem(
  nodes: Record<string, Node>,
  use: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "torcx-settings-" });
  try {
    writeNodes(root, { ...SYSTEM, ...nodes });
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

interface UnsafeCase {
  what: string;
  nodes?: Record<string, Node>;
  env?: Record<string, string>;
  /** The first line of the error. */
  error: string;
}

const FILE = 'config file "/etc/torcx/config.json"';
const UNSAFE: UnsafeCase[] = [
  {
    what: "RUN is /",
    nodes: makeConfig({ run_dir: "/" }),
    error: `Cannot use "/" as setting "run_dir" from ${FILE}: it is the root directory`,
  },
  {
    what: "RUN is CONF",
    env: { TORCX_RUNDIR: "/etc/torcx" },
    error:
      'Cannot use "/etc/torcx" as setting "run_dir" from environment TORCX_RUNDIR: "/etc/torcx", setting "conf_dir" from default, is the same directory',
  },
  {
    what: "RUN is BASE",
    env: { TORCX_RUNDIR: "/var/lib/torcx/" },
    error:
      'Cannot use "/var/lib/torcx" as setting "run_dir" from environment TORCX_RUNDIR: "/var/lib/torcx", setting "base_dir" from default, is the same directory',
  },
  {
    what: "RUN is above BASE",
    nodes: makeConfig({ run_dir: "/home/me", base_dir: "/home/me/torcx" }),
    error:
      `Cannot use "/home/me" as setting "run_dir" from ${FILE}: "/home/me/torcx", setting "base_dir" from ${FILE}, lies in it`,
  },
  {
    what: "RUN is above a store of the config file",
    nodes: makeConfig({ run_dir: "/home/me", store_paths: ["/home/me/store"] }),
    error:
      `Cannot use "/home/me" as setting "run_dir" from ${FILE}: "/home/me/store", setting "store_paths" from ${FILE}, lies in it`,
  },
  {
    what: "RUN is a store of TORCX_STOREPATH",
    env: { TORCX_RUNDIR: "/home/me", TORCX_STOREPATH: "/srv:/home/me" },
    error:
      'Cannot use "/home/me" as setting "run_dir" from environment TORCX_RUNDIR: "/home/me", setting "extra_store_paths" from environment TORCX_STOREPATH, is the same directory',
  },
  {
    what: "RUN is the seal's directory",
    env: { TORCX_RUNDIR: "/run/metadata" },
    error:
      'Cannot use "/run/metadata" as setting "run_dir" from environment TORCX_RUNDIR: "/run/metadata", the seal\'s directory, which is fixed, is the same directory',
  },
  ...["/run", "/etc", "/var", "/usr"].map((path): UnsafeCase => ({
    what: `RUN is ${path}`,
    env: { TORCX_RUNDIR: path },
    error:
      `Cannot use "${path}" as setting "run_dir" from environment TORCX_RUNDIR: it is "${path}", which is the system's`,
  })),
  {
    what: "RUN is /run by a symlink inside the root",
    nodes: { "var/run": { link: "/run" } },
    env: { TORCX_RUNDIR: "/var/run" },
    error:
      'Cannot use "/var/run" as setting "run_dir" from environment TORCX_RUNDIR: it is "/run", which is the system\'s',
  },
  {
    what: "RUN is the seal's directory by a symlink, neither made yet",
    nodes: { "var/run": { link: "../run" } },
    env: { TORCX_RUNDIR: "/var/run/metadata" },
    error:
      'Cannot use "/var/run/metadata" as setting "run_dir" from environment TORCX_RUNDIR: "/run/metadata", the seal\'s directory, which is fixed, is the same directory',
  },
  {
    what: "BASE is below RUN by a symlink",
    nodes: { ...makeConfig({ base_dir: "/data/torcx" }), data: { link: "/home/me/data" } },
    env: { TORCX_RUNDIR: "/home/me" },
    error:
      `Cannot use "/home/me" as setting "run_dir" from environment TORCX_RUNDIR: "/data/torcx", setting "base_dir" from ${FILE}, lies in it`,
  },
  {
    what: "BASE is /",
    nodes: makeConfig({ base_dir: "/" }),
    error: `Cannot use "/" as setting "base_dir" from ${FILE}: it is the root directory`,
  },
  {
    what: "CONF is / by a symlink",
    nodes: { "up": { link: "/etc/../.." } },
    env: { TORCX_CONFDIR: "/up" },
    error: 'Cannot use "/up" as setting "conf_dir" from environment TORCX_CONFDIR: it is the root directory',
  },
  {
    what: "USR is /",
    nodes: { "lib/os-release": "VERSION_ID=1\n" },
    env: { TORCX_USR_MOUNTPOINT: "/" },
    error:
      'Cannot use "/" as setting "usr_mountpoint" from environment TORCX_USR_MOUNTPOINT: it is the root directory',
  },
  {
    what: "a store is /",
    env: { TORCX_STOREPATH: "/" },
    error:
      'Cannot use "/" as setting "extra_store_paths" from environment TORCX_STOREPATH: it is the root directory',
  },
];

for (const { what, nodes = {}, env = {}, error } of UNSAFE) {
  Deno.test(`promise 01: apply --retry touches nothing and names both settings if ${what}`, () =>
    withSystem(nodes, async (root) => {
      const before = listTree(root);
      const { code, stdout, stderr } = await runTorcx(["apply", "--retry", "--root", root], { env });
      assertEquals([code, stdout, stderr.split("\n")[0]], [1, "", `torcx: ${error}`]);
      assertMatch(stderr, /\nHint: /);
      assertEquals(listTree(root), before);
    }));
}

const REFUSING: readonly string[][] = [
  ["apply", "--dry-run"],
  ["plan"],
  ["profile", "list"],
  ["profile", "new", "--name", "x"],
  ["profile", "set-next", "edge"],
  ["profile", "check"],
  ["image", "list"],
  ["image", "prune"],
  ["image", "clear-versioned", "-k", "1.2.3"],
  ["why", "a"],
];

Deno.test("promise 01: every verb that works with the settings refuses them, the others do not look", () =>
  withSystem(makeConfig({ run_dir: "/etc/torcx" }), async (root) => {
    const before = listTree(root);
    const error =
      `torcx: Cannot use "/etc/torcx" as setting "run_dir" from ${FILE}: "/etc/torcx", setting "conf_dir" from default, is the same directory`;
    for (const args of REFUSING) {
      const { code, stderr } = await runTorcx([...args, "--root", root]);
      assertEquals([code, stderr.split("\n")[0]], [1, error], args.join(" "));
    }
    for (const args of [["help"], ["version"], ["completion", "bash"], ["man", "torcx"]]) {
      const { code, stderr } = await runTorcx([...args, "--root", root]);
      assertEquals([code, stderr], [0, ""], args.join(" "));
    }
    assertEquals(listTree(root), before);
  }));

Deno.test("promise 01: config show and status show the fault and go on", () =>
  withSystem(makeConfig({ run_dir: "/etc/torcx" }), async (root) => {
    const fault = `Cannot use "/etc/torcx" as setting "run_dir" from ${FILE}`;
    const shown = await runTorcx(["config", "show", "--root", root, "--output", "json"]);
    assertEquals(shown.code, 1);
    assertStringIncludes(shown.stderr, fault);
    const document = JSON.parse(shown.stdout);
    assertEquals(findSchemaFaults(document), undefined);
    assertStringIncludes(document.value.errors[0], fault);
    assertEquals(document.value.settings[2].value, "/etc/torcx");
    const status = await runTorcx(["status", "--root", root]);
    assertStringIncludes(status.stderr + status.stdout, fault);
    assertMatch(status.stdout, /state/i);
  }));

Deno.test("promise 01: config show and status show a config file that cannot be used, with defaults in its place", () =>
  withSystem({ "etc/torcx/config.json": { dir: true } }, async (root) => {
    const fault = 'config file "/etc/torcx/config.json" is there but unreadable';
    const shown = await runTorcx(["config", "show", "--root", root, "--output", "json"]);
    assertEquals(shown.code, 1);
    const { value } = JSON.parse(shown.stdout);
    assertStringIncludes(value.errors[0], fault);
    assertEquals(value.settings[2], { name: "run_dir", value: "/run/torcx", source: "default" });
    const status = await runTorcx(["status", "--root", root]);
    assertStringIncludes(status.stderr + status.stdout, fault);
  }));

Deno.test("promise 01: directories that go together are taken", async () => {
  const cases: Record<string, string>[] = [
    {},
    { TORCX_RUNDIR: "/run/other" },
    { TORCX_RUNDIR: "/var/lib/torcx/run" },
    { TORCX_RUNDIR: "/run/torcx2", TORCX_BASEDIR: "/run/torcx" },
    { TORCX_RUNDIR: "/run/metadata/torcx.d" },
    { TORCX_RUNDIR: "/var/run/torcx" },
  ];
  await withSystem({ "var/run": { link: "/run" } }, async (root) => {
    for (const env of cases) {
      const { code, stderr } = await runTorcx(["config", "show", "--root", root], { env });
      assertEquals([code, stderr], [0, ""], JSON.stringify(env));
    }
  });
});

testWith(
  "promise 01: a bind mount shows that RUN is CONF",
  { isRoot: true },
  () =>
    withSystem({ "run/other": { dir: true } }, async (root) => {
      const before = listTree(root);
      const { code, stderr } = await runTorcx(["apply", "--retry", "--root", root], {
        env: { TORCX_RUNDIR: "/run/other" },
        through: ["unshare", "-m", "bash", "-c", 'mount --bind "$0/etc/torcx" "$0/run/other" && "$@"', root],
      });
      assertEquals(code, 1);
      assertStringIncludes(stderr, '"/etc/torcx", setting "conf_dir" from default, is the same directory');
      assertEquals(listTree(root), before);
    }),
);
