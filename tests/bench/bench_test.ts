/** Tests the benchmark on tiny inputs: every row is there, with a time of each program. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { PROJECT_DIR, STD_FLAGS } from "../support/std_flags.ts";
import { makeBytes } from "./inputs.ts";
import { findMedian } from "./measure.ts";
import { testWith } from "../support/needs.ts";

async function runBench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = fromFileUrl(new URL("./bench.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", ...STD_FLAGS, `--config=${PROJECT_DIR}/deno.json`, script, ...args],
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The candidates of each row, in the order of the output. */
const ROWS: readonly (readonly [string, readonly string[]])[] = [
  ["(a) 3 large files, 0.3 MB", ["torcx", "GNU tar", "bsdtar", "inflate with start-up", "inflate alone"]],
  ["(b) 20 small files, 5 directories", ["torcx", "GNU tar", "bsdtar"]],
  ["(c) three images, 0.1 MB each", ["at once", "sum of each alone"]],
  ["(d) sparse file, 8 MiB with 1 MiB of data", ["torcx", "GNU tar", "bsdtar", "torcx, the data alone"]],
  ["(e) 20 symlinks and hard links", ["torcx", "GNU tar", "bsdtar"]],
  ["(f) memory of heavy archives", []],
  ["start-up", [
    "empty program",
    "--version",
    "no-op",
    "hand-off",
    "apply of a squashfs",
    "deno run, empty",
    "deno run, --version",
  ]],
  ["lists, 10 archives in 5 stores, 4 profiles", ["profile list", "image list", "torcx --version"]],
];

testWith("bench prints every row if --quick", {
  isCompiled: true,
  isRoot: true,
  programs: ["unshare", "mount", "umount", "tar", "gzip", "bsdtar", "mksquashfs"],
  loopDevices: true,
}, async () => {
  const { code, stdout, stderr } = await runBench("--quick");
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^\d+ cores .*, load average [\d.]+ [\d.]+ [\d.]+\n/);
  const blocks = stdout.split("\n\n").slice(1, -1).map((block) => block.trimEnd().split("\n"));
  assertEquals(blocks.map(([title]) => title), ROWS.map(([title]) => title));
  for (const [index, [title, candidates]] of ROWS.entries()) {
    const lines = blocks[index]!.slice(1);
    const timed = lines.map((line) => /^ {2}(\S.*?) +\d+ ms$/.exec(line)?.[1]).filter((name) => name);
    assertEquals(timed, [...candidates], title);
    assertMatch(lines.at(-1)!, / x |beyond start-up/, title);
    assertEquals(
      lines.some((line) => /^ {2}peak RSS of torcx +[1-9][\d.]+ MiB$/.test(line)),
      title.startsWith("("),
    );
  }
});

Deno.test("bench measures nothing if an argument is unknown", async () => {
  const { code, stdout, stderr } = await runBench("--quik");
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, 'unknown argument "--quik"');
});

Deno.test("makeBytes() gives the same bytes if the seed is the same", () => {
  assertEquals(makeBytes(1000, 5), makeBytes(1000, 5));
  assertEquals(makeBytes(1000, 5).length, 1000);
  assertEquals(makeBytes(1000, 5).join() === makeBytes(1000, 6).join(), false);
});

Deno.test("findMedian() takes the middle", () => {
  assertEquals(findMedian([9, 1, 5]), 5);
  assertEquals(findMedian([4, 1, 2, 9]), 3);
});
