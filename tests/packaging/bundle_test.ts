/** Tests what the bundling of a build must not change: the second thread, stack traces, the same bytes anywhere. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, join, relative } from "@std/path";
import { runTorcx } from "../support/binary.ts";
import { testWith } from "../support/needs.ts";
import { listProjectFiles } from "../support/project_files.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

/** Larger than what the main thread inflates alone (lib/archive/inflate/lanes.ts), and no smaller by gzip. */
const LARGE_BYTES = 24 * 1024 * 1024;

async function withDirectory(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "torcx-bundle-" });
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function packLargeArchive(dir: string): Promise<string> {
  await Deno.mkdir(join(dir, "tree"));
  using file = await Deno.create(join(dir, "tree/noise"));
  const chunk = new Uint8Array(65536);
  for (let at = 0; at < LARGE_BYTES; at += chunk.length) file.writeSync(crypto.getRandomValues(chunk));
  const archive = join(dir, "large.tgz");
  const { success } = await new Deno.Command("tar", { args: ["-czf", archive, "-C", join(dir, "tree"), "."] })
    .output();
  assert(success);
  return archive;
}

/** Returns how many pieces of the archive the main thread read, and how many of them before the other thread's end. */
function countReads(trace: string): { all: number; beforeEnd: number } {
  const lines = trace.split("\n");
  const worker = lines.find((line) => line.includes('PR_SET_NAME, "worker-'))?.split(" ", 1)[0];
  assert(worker !== undefined, "no second thread was started");
  const isRead = (line: string): boolean => /\bread\(\d+, .*, 65536\) += 65536$/.test(line);
  const end = lines.findIndex((line) => line.startsWith(`${worker} `) && line.includes("+++ exited"));
  return { all: lines.filter(isRead).length, beforeEnd: lines.slice(0, end).filter(isRead).length };
}

testWith(
  "the binary's second thread inflates a large archive to its end",
  { isCompiled: true, programs: ["strace", "tar"] },
  () =>
    withDirectory(async (dir) => {
      const archive = await packLargeArchive(dir);
      await Deno.mkdir(join(dir, "target"));
      const trace = join(dir, "trace");
      const { code, stderr } = await runTorcx(["image", "extract", archive, join(dir, "target")], {
        through: ["strace", "-f", "-s", "16", "-e", "trace=read,prctl", "-o", trace],
      });
      assertEquals(code, 0, stderr);
      const { all, beforeEnd } = countReads(await Deno.readTextFile(trace));
      assert(all > LARGE_BYTES / 65536 / 2, `${all} reads`);
      // Where its module cannot be loaded the thread is gone before the first of them.
      assertEquals(beforeEnd, all);
    }),
);

/** Copies what a build takes, changes it, and builds there; returns the binary's path. */
async function buildCopy(dir: string, change: (path: string, text: string) => string): Promise<string> {
  for await (const path of listProjectFiles(["main.ts", "deno.json", "deno.lock", "lib", ".tasks"])) {
    const copy = join(dir, relative(PROJECT_DIR, path));
    await Deno.mkdir(dirname(copy), { recursive: true });
    await Deno.writeTextFile(copy, change(relative(PROJECT_DIR, path), await Deno.readTextFile(path)));
  }
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args: ["task", "build"], cwd: dir })
    .output();
  assert(success, new TextDecoder().decode(stderr));
  return join(dir, "dist/torcx");
}

testWith(
  "a build has the same bytes in another directory",
  { isCompiled: true },
  () =>
    withDirectory(async (dir) => {
      const unchanged = (_path: string, text: string): string => text;
      const [first, second] = [join(dir, "one"), join(dir, "another one/below")];
      const binaries = [await buildCopy(first, unchanged), await buildCopy(second, unchanged)];
      const [one, other] = await Promise.all(binaries.map((path) => Deno.readFile(path)));
      assertEquals(one!.length, other!.length);
      assertEquals(one!.findIndex((byte, at) => byte !== other![at]), -1);
    }),
);

testWith(
  "a fault of a bundled program is told by the functions' own names",
  { isCompiled: true },
  () =>
    withDirectory(async (dir) => {
      const path = "lib/cli/commands/docs/help.ts";
      const binary = await buildCopy(dir, (name, text) => {
        if (name !== path) return text;
        const changed = text.replace("  stdout.writeText(", "  failInside(topic);\n  stdout.writeText(");
        assert(changed !== text, `${path} has no runHelp()`);
        return `${changed}\nfunction failInside(value: unknown): void {\n  (value as { no: { such: string } }).no.such;\n}\n`;
      });
      const { code, stderr } = await new Deno.Command(binary, { args: ["help"] }).output();
      const text = new TextDecoder().decode(stderr);
      assertEquals(code, 1);
      assertMatch(text, /at failInside .*\n.*runHelp .*\n[^]*at async runProgram /);
    }),
);
