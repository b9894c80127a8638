/**
 * Tests the arm64 binary under QEMU's user emulation: it unpacks what the native one unpacks. Open flags such as
 * O_DIRECTORY and O_NOFOLLOW have other numbers there, and the emulation has no openat2.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exists, walk } from "@std/fs";
import { join, relative } from "@std/path";
import { runTorcx } from "../support/binary.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";
import { testWith } from "../support/needs.ts";

const BINARY = join(PROJECT_DIR, "dist/aarch64/torcx");
const LIBRARIES = "/usr/aarch64-linux-gnu";
const EMULATOR = ["qemu-aarch64-static", "-L", LIBRARIES, BINARY];
/** Made in 2018 for the first torcx. */
const FIXTURE = join(PROJECT_DIR, "../shared/fixtures/torcx/addon_01.torcx.tgz");

const NEEDS = {
  isCompiled: true,
  programs: ["qemu-aarch64-static", "tar"],
  files: [BINARY, `${LIBRARIES}/lib/libc.so.6`, `${LIBRARIES}/lib/libgcc_s.so.1`],
};

/** Describes a tree: per path its type, mode, links and text. */
async function describeTree(dir: string): Promise<Record<string, string>> {
  const tree: Record<string, string> = {};
  for await (const { path } of walk(dir)) {
    const stat = await Deno.lstat(path);
    const mode = (stat.mode ?? 0).toString(8);
    const text = stat.isFile
      ? await Deno.readTextFile(path)
      : stat.isSymlink
      ? await Deno.readLink(path)
      : "";
    tree[relative(dir, path)] = `${mode} ${
      stat.isDirectory ? "" : stat.nlink
    } ${stat.mtime?.getTime()} ${text}`;
  }
  return tree;
}

/** Makes an archive with each kind of entry that is a path's last component or leads on. */
async function packTree(work: string): Promise<string> {
  const script = `mkdir -p tree/dir/deep && echo text >tree/dir/file && chmod 0640 tree/dir/file &&
    ln tree/dir/file tree/hard && ln -s dir tree/link && ln -s /nowhere/else tree/dangling &&
    mkfifo tree/fifo && echo deep >tree/dir/deep/file && chmod 0555 tree/dir/deep &&
    tar -C tree -czf tree.tgz .`;
  const { success } = await new Deno.Command("bash", { args: ["-c", script], cwd: work }).output();
  assert(success);
  return join(work, "tree.tgz");
}

/** Runs the emulated binary on paths in a directory; QEMU maps `/` itself to its libraries. */
async function runEmulated(args: readonly string[]): Promise<Deno.CommandOutput> {
  const [emulator = "", ...rest] = EMULATOR;
  return await new Deno.Command(emulator, { args: [...rest, ...args] }).output();
}

testWith("the arm64 binary extracts what the native one extracts", NEEDS, async () => {
  const work = await Deno.makeTempDir({ prefix: "torcx-aarch64-" });
  try {
    await packTree(work);
    const archives = ["tree.tgz"];
    if (await exists(FIXTURE)) {
      await Deno.copyFile(FIXTURE, join(work, "fixture.tgz"));
      archives.push("fixture.tgz");
    }
    for (const archive of archives) {
      const args = (
        dir: string,
      ): string[] => ["image", "extract", "--root", work, `/${archive}`, `/${dir}`];
      const native = await runTorcx(args(`native-${archive}`));
      assertEquals(native.code, 0, native.stderr);
      const emulated = await runEmulated(args(`emulated-${archive}`));
      assertEquals(emulated.code, 0, new TextDecoder().decode(emulated.stderr));
      const [tree, expected] = await Promise.all(
        ["emulated", "native"].map((name) => describeTree(join(work, `${name}-${archive}`))),
      );
      assert(Object.keys(tree!).length > 3);
      // The top is the directory that was made for it, at its own time.
      assertEquals({ ...tree, "": "" }, { ...expected, "": "" });
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
});

testWith("the arm64 binary says its version and machine", NEEDS, async () => {
  const { code, stdout } = await runEmulated(["version"]);
  assertEquals(code, 0);
  assertStringIncludes(new TextDecoder().decode(stdout), "aarch64");
});
