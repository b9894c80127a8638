/** Tests that the program takes no more memory for an archive that is large, or made to be: 96 MiB at most. */

import { assert, assertEquals } from "@std/assert";
import { measurePeakMemory } from "../bench/measure.ts";
import { prepareBinary } from "../support/compiled.ts";
import { type HeavyArchive, writeHeavyArchive } from "../support/heavy_archives.ts";
import { testWith } from "../support/needs.ts";
import { makeProfile, writeNodes } from "../support/nodes.ts";
import { PROCESS_BYTES } from "../../lib/apply/preview.ts";

/** Larger ones are the benchmark's. */
const ARCHIVES: Record<string, HeavyArchive> = {
  "150 000 directories": { directories: 150_000 },
  "1 500 directories with an attribute of 60 kB each": {
    directories: 1_500,
    attributes: { count: 1, bytes: 60_000 },
  },
  "250 directories with 960 kB of attributes each": {
    directories: 250,
    attributes: { count: 16, bytes: 60_000 },
  },
  "10 000 small files": { files: 10_000 },
  "20 000 names of attributes that are not kept": { skipped: 20_000 },
};

/** Mounts a tmpfs on its first argument, for attributes that other file systems have no room for. */
const ON_TMPFS = ["unshare", "--mount", "bash", "-c", 'mount -t tmpfs none "$1"; shift; exec "$@"', "bash"];

for (const [what, parts] of Object.entries(ARCHIVES)) {
  testWith(`torcx image extract takes 96 MiB at most for ${what}`, {
    isRoot: true,
    isCompiled: true,
    programs: ["unshare"],
  }, async () => {
    const dir = await Deno.makeTempDir({ prefix: "torcx-memory-" });
    try {
      const archive = `${dir}/heavy.tgz`;
      await writeHeavyArchive(archive, parts);
      await Deno.mkdir(`${dir}/tree`);
      const [program, ...rest] = [...ON_TMPFS, `${dir}/tree`, await prepareBinary()];
      const peakKib = await measurePeakMemory({
        name: what,
        command: [program!, ...rest, "image", "extract", archive, `${dir}/tree/image`],
      });
      // It is the program's, not the shell's.
      assert(peakKib > 32 * 1024, `${peakKib} KiB`);
      assertEquals(Math.max(PROCESS_BYTES, peakKib * 1024), PROCESS_BYTES, `it took ${peakKib} KiB`);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
}

testWith(
  "torcx plan takes 96 MiB at most for 100 000 directories",
  { isRoot: true, isCompiled: true },
  async () => {
    const root = await Deno.makeTempDir({ prefix: "torcx-memory-" });
    try {
      writeNodes(root, {
        "usr/lib/os-release": "VERSION_ID=1\n",
        "usr/share/torcx/profiles/vendor.json": makeProfile("heavy:1"),
        "var/lib/torcx/store": { dir: true },
      });
      await writeHeavyArchive(`${root}/var/lib/torcx/store/heavy:1.torcx.tgz`, { directories: 100_000 });
      const peakKib = await measurePeakMemory({
        name: "plan",
        command: [await prepareBinary(), "plan", "--root", root],
      });
      assertEquals(Math.max(PROCESS_BYTES, peakKib * 1024), PROCESS_BYTES, `it took ${peakKib} KiB`);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
);
