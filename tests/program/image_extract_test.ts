/** Tests `torcx image extract` through the real program: what it tells, and that nothing is left of a failure. */

import { assertEquals, assertMatch } from "@std/assert";
import { exists } from "@std/fs";
import { findProgram, runTorcx } from "../support/binary.ts";
import { writeHugeArchive } from "../support/huge_archive.ts";
import { STORE, withSystem } from "../support/archives.ts";

/** 8 GiB. */
const HUGE = 8 * 64;

Deno.test("torcx image extract unpacks an archive and tells what was in it", async () => {
  await withSystem({}, async (run, root) => {
    const { code, stdout, stderr } = await run("image", "extract", `/${STORE}/hello:1.torcx.tgz`, "tree");
    const note =
      'torcx: warning: image "hello:1": owners are not kept: only root can set them [owners-not-kept]\n';
    assertEquals({ code, stderr }, { code: 0, stderr: Deno.uid() === 0 ? "" : note });
    const { kind, value } = JSON.parse(stdout);
    assertEquals(kind, "torcx-image-extract-v0");
    assertEquals(value.entries, {
      files: 4,
      directories: 3,
      symlinks: 0,
      hardlinks: 0,
      fifos: 0,
      skipped: 0,
    });
    assertEquals([value.archive_path, value.directory], [`/${STORE}/hello:1.torcx.tgz`, "/tree"]);
    assertEquals((await Deno.stat(`${root}/tree/bin/hello`)).size, 5000);
    const again = await run("image", "extract", `/${STORE}/hello:1.torcx.tgz`, "tree");
    assertEquals(again, {
      code: 1,
      stdout: "",
      stderr:
        'torcx: Cannot extract into "/tree": it is not empty\nHint: Name a directory that is empty or does not exist\n',
    });
  });
});

Deno.test("torcx image extract starts at the working directory if the root is the system's", async () => {
  await withSystem({}, async (_run, root) => {
    const options = { cwd: `${root}/${STORE}` };
    const args = ["image", "extract", "hello:1.torcx.tgz", "tree", "--output=text"];
    const { code, stdout } = await runTorcx(args, options);
    assertEquals(code, 0);
    assertMatch(stdout, /^Extracted into tree: 5\.\d KiB, 4 files, 3 directories, in \d+ ms\n$/);
    assertEquals((await Deno.stat(`${root}/${STORE}/tree/bin/hello`)).size, 5000);
  });
});

for (
  const [what, text, cause] of [
    ["is cut off", undefined, "the file is cut off"],
    ["is no gzip", "plain", "the file is text, not gzip"],
  ] as const
) {
  Deno.test(`torcx image extract leaves nothing if the archive ${what}`, async () => {
    await withSystem({}, async (run, root) => {
      const path = `${root}/${STORE}/hello:1.torcx.tgz`;
      if (text === undefined) await Deno.truncate(path, (await Deno.stat(path)).size - 20);
      else await Deno.writeTextFile(path, text);
      const { code, stdout, stderr } = await run("image", "extract", `/${STORE}/hello:1.torcx.tgz`, "tree");
      assertEquals({ code, stdout }, { code: 1, stdout: "" });
      assertMatch(stderr, new RegExp(`^torcx: Cannot extract ".*" into "/tree"\n.*${cause}`, "m"));
      assertEquals([...Deno.readDirSync(root)].some(({ name }) => name === "tree"), false);
    });
  });
}

Deno.test("torcx image extract fails if the archive does not exist", async () => {
  await withSystem({}, async (run) => {
    const { code, stdout, stderr } = await run("image", "extract", "/none.tgz", "tree");
    assertEquals({ code, stdout }, { code: 1, stdout: "" });
    assertMatch(stderr, /^torcx: Cannot extract "\/none.tgz" into "\/tree"\n {2}.*ENOENT/);
  });
});

for (const suffix of ["tar", "tgz"]) {
  Deno.test(`torcx image extract leaves nothing if SIGTERM comes while it reads a ${suffix}`, async () => {
    const root = await Deno.makeTempDir();
    try {
      await writeHugeArchive(`${root}/huge.${suffix}`, HUGE);
      const { command: [program, ...args] } = await findProgram();
      const child = new Deno.Command(program, {
        args: [...args, "image", "extract", `huge.${suffix}`, "tree"],
        cwd: root,
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      while (!await exists(`${root}/tree/zeros`)) await new Promise((resolve) => setTimeout(resolve, 10));
      child.kill("SIGTERM");
      const { code, stdout, stderr } = await child.output();
      assertEquals([code, stdout.length], [128 + 15, 0]);
      assertEquals(
        // Who is not root is told first that owners are not kept.
        new TextDecoder().decode(stderr).replaceAll(await Deno.realPath(root), "").replace(
          /.* warning: .*\n/,
          "",
        ),
        `torcx: Cannot extract "/huge.${suffix}" into "/tree"\n  Cannot go on: SIGTERM was received\n`,
      );
      assertEquals([...Deno.readDirSync(root)].map(({ name }) => name), [`huge.${suffix}`]);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}
