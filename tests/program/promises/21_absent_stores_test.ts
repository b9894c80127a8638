/** Where an image is not found, the stores that are configured and absent are named, and files that were meant. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeProfile, type Node, OS_RELEASE, writeNodes } from "../../support/nodes.ts";
import { runSteps } from "../../support/e2e_system.ts";
import { runTorcx } from "../../support/binary.ts";
import { testWith } from "../../support/needs.ts";

const STORE = "var/lib/torcx/store";
const CONFIG = JSON.stringify({ kind: "torcx-config-v0", value: { store_paths: ["/mnt/data/torcx"] } });
const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  "etc/torcx/config.json": CONFIG,
  "etc/torcx/profiles/edge.json": makeProfile("docker:9999"),
  "etc/torcx/next-profile": "edge\n",
  [STORE]: { dir: true },
  run: { dir: true },
};
const ABSENT = 'absent: "/mnt/data/torcx" (config.json): is it mounted?';

async function withSystem(nodes: Record<string, Node>, use: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "torcx-absent-" });
  try {
    writeNodes(root, { ...SYSTEM, ...nodes });
    await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const VERBS: readonly string[][] = [
  ["plan"],
  ["apply", "--dry-run"],
  ["profile", "check"],
  ["profile", "use-image", "--name", "edge", "docker:9999"],
];

Deno.test("promise 21: a store that is configured and absent is named wherever an image is not found", () =>
  withSystem({}, async (root) => {
    for (const args of VERBS) {
      const { code, stdout, stderr } = await runTorcx([...args, "--root", root]);
      assertEquals(code, 1, args.join(" "));
      assertStringIncludes(stdout + stderr, ABSENT, args.join(" "));
      assertStringIncludes(
        stderr,
        'warning: store "/mnt/data/torcx" (config.json) is absent: is it mounted?',
      );
    }
    const env = { TORCX_STOREPATH: "/media/a:/media/b", TORCX_BASEDIR: "/data" };
    const { stderr } = await runTorcx(["profile", "check", "--root", root], { env });
    assertStringIncludes(
      stderr,
      'no store exists; absent: "/mnt/data/torcx" (config.json), "/data/store" (TORCX_BASEDIR), "/media/a" (TORCX_STOREPATH), "/media/b" (TORCX_STOREPATH): are they mounted?',
    );
  }));

Deno.test("promise 21: stores that nobody configured are absent without a word", () =>
  withSystem({ "etc/torcx/config.json": '{"kind":"torcx-config-v0","value":{}}' }, async (root) => {
    await Deno.remove(`${root}/${STORE}`);
    const { stderr } = await runTorcx(["profile", "check", "--root", root]);
    assertEquals(
      stderr.split("\n")[0],
      'torcx: Cannot use profile "edge": 1 of 1 images are missing: "docker:9999" (no store exists)',
    );
  }));

Deno.test("promise 21: config show tells of each store whether it is there and where it comes from", () =>
  withSystem({}, async (root) => {
    const json = await runTorcx(["config", "show", "--root", root, "--output", "json"]);
    const details = JSON.parse(json.stdout).value.store_details as Record<string, unknown>[];
    assertEquals(details.map(({ path, exists, source }) => [path, exists, source]), [
      ["/usr/share/torcx/store", false, "default"],
      ["/usr/share/oem/torcx/store/1.2.3", false, "default"],
      ["/usr/share/oem/torcx/store", false, "default"],
      ["/mnt/data/torcx", false, "config.json"],
      ["/var/lib/torcx/store/1.2.3", false, "default"],
      ["/var/lib/torcx/store", true, "default"],
    ]);
    const text = await runTorcx(["config", "show", "--root", root, "--output", "text"]);
    assertMatch(text.stdout, /^\/mnt\/data\/torcx +absent: is it mounted\? +config\.json$/m);
    assertMatch(text.stdout, /^\/var\/lib\/torcx\/store +there +default$/m);
  }));

const LOOK_ALIKES = [
  "docker.9999.torcx.tgz",
  "docker:9999.tgz",
  "docker%3A9999.torcx.tgz",
  "docker-9999.torcx.squashfs",
  "Docker:9999.torcx.tgz",
  "docker:9999.torcx.tgz.part",
  "docker:9999.squashfs",
  "docker_9999.tar.gz",
];

Deno.test("promise 21: files that look like the archive are named, with the way out", () =>
  withSystem(
    {
      ...Object.fromEntries(LOOK_ALIKES.map((name) => [`${STORE}/${name}`, "x"])),
      [`${STORE}/docker:999.torcx.tgz`]: "x",
      [`${STORE}/dockers:9999.torcx.tgz`]: "x",
      [`${STORE}/docker-9999`]: "x",
      [`${STORE}/notes.txt`]: "x",
    },
    async (root) => {
      for (const args of VERBS) {
        const { stdout, stderr } = await runTorcx([...args, "--root", root]);
        const all = stdout + stderr;
        for (const name of LOOK_ALIKES) {
          assertStringIncludes(
            all,
            `"/${STORE}/${name}" is not named as an archive of "docker:9999"`,
            args.join(" "),
          );
        }
        for (const name of ["docker:999.torcx", "dockers:9999.torcx", 'docker-9999"', "notes.txt"]) {
          assert(!all.includes(`${name} is not named`) && !all.includes(`/${name}"`), all);
        }
        assertStringIncludes(
          stderr,
          'Rename it: the archive of an image is named "docker:9999.torcx.tgz" or "docker:9999.torcx.squashfs"',
        );
      }
    },
  ));

testWith(
  "promise 21: the report of an apply names the absent store, in the error and as a warning",
  { isRoot: true },
  () =>
    withSystem({ [`${STORE}/docker.9999.torcx.tgz`]: "x" }, async (root) => {
      const [applied, report] = await runSteps(root, ["torcx apply", "cat run/torcx/report.json"]);
      assertEquals(applied!.code, 1);
      assertStringIncludes(applied!.output, ABSENT);
      const { value } = JSON.parse(report!.output);
      assertStringIncludes(value.images[0].errors.join("\n"), ABSENT);
      assertEquals(value.warnings, [
        'store "/mnt/data/torcx" (config.json) is absent: is it mounted?',
      ]);
    }),
);

testWith(
  "promise 21: where all images are found elsewhere, the absent store is a warning in the report",
  { isRoot: true },
  () =>
    withSystem({ "etc/torcx/profiles/edge.json": makeProfile() }, async (root) => {
      const [applied, report] = await runSteps(root, ["torcx apply", "cat run/torcx/report.json"]);
      assertEquals(applied!.code, 0, applied!.output);
      assertEquals(JSON.parse(report!.output).value.warnings, [
        'store "/mnt/data/torcx" (config.json) is absent: is it mounted?',
      ]);
    }),
);
