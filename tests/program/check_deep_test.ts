/** Tests `torcx profile check --deep` through the real program, on archives made by GNU tar and mksquashfs. */

import { assert, assertEquals } from "@std/assert";
import { makeProfile, type Node, OS_RELEASE, withTree, writeNodes } from "../support/nodes.ts";
import { type RunResult, runTorcx } from "../support/binary.ts";
import { testWith } from "../support/needs.ts";

const STORE = "var/lib/torcx/store";
const MANIFEST = (assets: Record<string, string[]>): string =>
  JSON.stringify({ kind: "image-manifest-v0", value: assets });

/** A sound image: a program, a unit, a manifest behind a symlink. */
const SOUND: Record<string, Node> = {
  "bin/hello": "#!/bin/sh\necho hello\n",
  "units/hello.service": "[Service]\nExecStart=/run/torcx/bin/hello\n",
  ".torcx/manifest.json": { link: "../assets.json" },
  "assets.json": MANIFEST({ bin: ["/bin"], units: ["/units/hello.service"] }),
};

function run(...command: string[]): void {
  const { success, stderr } = new Deno.Command(command[0]!, { args: command.slice(1) }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
}

/** Packs an image, checks the profile that lists it, and sees to it that nothing was left or changed. */
async function check(
  nodes: Record<string, Node>,
  format: "tgz" | "squashfs",
  damage?: (path: string) => void,
  through: readonly string[] = [],
): Promise<RunResult> {
  let result: RunResult | undefined;
  await withTree(
    { ...OS_RELEASE, [STORE]: { dir: true }, "p.json": makeProfile("hello:1") },
    async ({ path }) => {
      const source = Deno.makeTempDirSync();
      try {
        writeNodes(source, nodes);
        const archive = `${path}/${STORE}/hello:1.torcx.${format}`;
        if (format === "tgz") {
          run(
            "tar",
            "-C",
            source,
            "-czf",
            archive,
            "--",
            ...Deno.readDirSync(source).map(({ name }) => name),
          );
        } else run("mksquashfs", source, archive, "-quiet", "-no-progress", "-root-mode", "0755");
        damage?.(archive);
      } finally {
        Deno.removeSync(source, { recursive: true });
      }
      const temporary = `${path}/tmp`;
      Deno.mkdirSync(temporary);
      result = await runTorcx([
        "profile",
        "check",
        "--deep",
        "--file",
        "/p.json",
        "--root",
        path,
        "--output",
        "text",
      ], {
        env: { TMPDIR: temporary },
        through,
      });
      assertEquals([...Deno.readDirSync(temporary)], [], "nothing is left");
      assert(!Deno.readTextFileSync("/proc/self/mounts").includes(path), "nothing is mounted");
    },
  );
  return result!;
}

const PASSED = 'profile "/p.json": all images are there and sound\n';

Deno.test("torcx profile check --deep passes a sound tgz", async () => {
  assertEquals(await check(SOUND, "tgz"), { code: 0, stdout: PASSED, stderr: "" });
});

Deno.test("torcx profile check --deep warns of a program that is missing", async () => {
  const result = await check({ ...SOUND, "assets.json": MANIFEST({ bin: ["/sbin/x"] }) }, "tgz");
  assertEquals(result, {
    code: 0,
    stdout: PASSED,
    stderr: 'torcx: warning: image "hello:1": bin asset "/sbin/x" is missing in the image ' +
      "(Correct the image's /.torcx/manifest.json, or add the file to the image) [missing-program]\n" +
      'torcx: warning: image "hello:1": nothing comes of its /.torcx/manifest.json ' +
      "(List the image's programs and units in its /.torcx/manifest.json) [nothing-propagated]\n",
  });
});

const BROKEN: Record<string, [Record<string, Node>, string, ((path: string) => void)?]> = {
  "a unit is missing": [
    { ...SOUND, "assets.json": MANIFEST({ units: ["/units/x.service"] }) },
    'Cannot propagate units asset "/units/x.service": the image has no such file',
  ],
  "the manifest is malformed": [
    { ...SOUND, "assets.json": '{"kind":"image-manifest-v0","value":{"units":[1]}}' },
    "value.units[0] is a number, expected a string",
  ],
  "the archive is cut off": [
    SOUND,
    "the file is cut off",
    (path) => Deno.truncateSync(path, Deno.statSync(path).size - 9),
  ],
  "the archive is damaged": [SOUND, "its checksum is wrong", (path) => {
    const bytes = Deno.readFileSync(path);
    bytes[bytes.length - 6]! ^= 1;
    Deno.writeFileSync(path, bytes);
  }],
};

for (const [title, [nodes, message, damage]] of Object.entries(BROKEN)) {
  Deno.test(`torcx profile check --deep fails if ${title}`, async () => {
    const { code, stdout, stderr } = await check(nodes, "tgz", damage);
    assertEquals([code, stdout], [1, ""], stderr);
    assert(
      stderr.startsWith('torcx: Cannot use profile "/p.json": 1 of 1 archives are not sound: "hello:1"\n'),
      stderr,
    );
    assert(stderr.includes(message), stderr);
  });
}

testWith("torcx profile check --deep looks into a squashfs", { isRoot: true }, async () => {
  assertEquals(await check(SOUND, "squashfs"), { code: 0, stdout: PASSED, stderr: "" });
  const { code, stderr } = await check({ ...SOUND, "assets.json": MANIFEST({ units: ["/x"] }) }, "squashfs");
  assertEquals(code, 1, stderr);
  assert(stderr.includes('units asset "/x": the image has no such file'), stderr);
});

Deno.test("torcx profile check --deep fails if a squashfs is cut off or is none", async () => {
  for (
    const damage of [
      (path: string) => Deno.truncateSync(path, 100),
      (path: string) => Deno.truncateSync(path, 10),
      (path: string) => Deno.writeTextFileSync(path, "x".repeat(4096)),
    ]
  ) {
    const { code, stderr } = await check(SOUND, "squashfs", damage);
    assertEquals(code, 1, stderr);
    assert(stderr.includes("Cannot read squashfs: "), stderr);
  }
});

// In a user namespace without a mapping root is somebody else, who may neither mount nor change owners.
testWith(
  "torcx profile check --deep works for other users, in TMPDIR",
  { isRoot: true },
  async () => {
    const other = ["unshare", "--user"];
    assertEquals(await check(SOUND, "tgz", undefined, other), { code: 0, stdout: PASSED, stderr: "" });
    assertEquals(await check(SOUND, "squashfs", undefined, other), {
      code: 0,
      stdout: PASSED,
      stderr: 'torcx: warning: image "hello:1": a squashfs is not looked into, only root can mount it ' +
        "(Run it as root) [not-looked-into]\n",
    });
  },
);
