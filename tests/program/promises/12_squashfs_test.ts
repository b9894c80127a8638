/** Promise 12: a squashfs is checked in one way on every way in, and what the kernel refuses is told in its words. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { readSquashfsInfo } from "../../../lib/archive/squashfs.ts";
import { makeManifest } from "../../support/archives.ts";
import { makeProfile, type Node, OS_RELEASE, writeNodes } from "../../support/nodes.ts";
import { runSteps, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";

const ARCHIVE = "/var/lib/torcx/store/loop:1.torcx.squashfs";
const NEEDS = { programs: ["mksquashfs"], isRoot: true };

const NODES: Record<string, Node> = {
  ...OS_RELEASE,
  "etc/torcx/profiles/edge.json": makeProfile("loop:1"),
  "etc/torcx/next-profile": "edge\n",
};

/** Makes a squashfs of a small image, with bytes that do not compress. */
function makeSquashfs(root: string, options: readonly string[] = []): Uint8Array<ArrayBuffer> {
  const noise = Array.from({ length: 300 }, () => crypto.randomUUID()).join("");
  writeNodes(`${root}/image`, { ...makeManifest({ bin: ["/bin"] }), "bin/tool": noise });
  Deno.mkdirSync(`${root}/var/lib/torcx/store`, { recursive: true });
  const { success, stderr } = new Deno.Command("mksquashfs", {
    args: [
      `${root}/image`,
      root + ARCHIVE,
      "-quiet",
      "-no-progress",
      "-all-root",
      "-root-mode",
      "0755",
      ...options,
    ],
  }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
  return Deno.readFileSync(root + ARCHIVE);
}

/** Returns a view of the superblock; fs/squashfs/squashfs_fs.h has the offsets. */
function view(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer);
}

interface Refusal {
  /** Completes "promise 12: … is refused". */
  what: string;
  options?: readonly string[];
  /** Damages the file; returns what is written. */
  damage?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
  reason: RegExp;
}

function patch(
  change: (superblock: DataView) => void,
): (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> {
  return (bytes) => {
    change(view(bytes));
    return bytes;
  };
}

const REFUSALS: readonly Refusal[] = [
  {
    what: "one that is cut off",
    damage: (bytes) => bytes.slice(0, bytes.length - 4096),
    reason: /Cannot read squashfs: it has \d+ of \d+ bytes, the file is cut off/,
  },
  {
    what: "one that is not padded",
    options: ["-nopad"],
    // What is left of its last block is less than the smallest that a kernel reads.
    damage: (bytes) => bytes.length % 1024 === 0 ? bytes.slice(0, -1) : bytes,
    reason: /Cannot read squashfs: (its \d+ bytes are not padded to blocks of (1024|4096), in|it has \d+ of)/,
  },
  {
    what: "one compressed by lzma",
    damage: patch((superblock) => superblock.setUint16(20, 2, true)),
    reason: /Cannot read squashfs: its compressor is lzma, which no kernel has/,
  },
  {
    what: "one with an unknown compressor",
    damage: patch((superblock) => superblock.setUint16(20, 9, true)),
    reason: /Cannot read squashfs: its compressor has the unknown number 9/,
  },
  {
    what: "one of another version",
    damage: patch((superblock) => superblock.setUint16(30, 1, true)),
    reason: /Cannot read squashfs: it has version 4\.1, not 4\.0/,
  },
  {
    what: "one with odd blocks",
    damage: patch((superblock) => superblock.setUint16(22, 16, true)),
    reason: /superblock is damaged: blocks of 131072 bytes, 2\^16/,
  },
  {
    what: "one whose tables are behind its end",
    damage: patch((superblock) => superblock.setBigUint64(48, 1n << 40n, true)),
    reason:
      /superblock is damaged: the end of the file system at \d+ does not come after the id table at \d+/,
  },
  {
    what: "one whose tables are in the wrong order",
    damage: patch((superblock) => superblock.setBigUint64(64, superblock.getBigUint64(72, true), true)),
    reason: /superblock is damaged: the directory table at \d+ does not come after the inode table at \d+/,
  },
  {
    what: "one whose root is no directory",
    options: ["-noI"],
    damage: patch((superblock) => {
      const root = superblock.getBigUint64(32, true);
      const block = Number(superblock.getBigUint64(64, true) + (root >> 16n));
      // The block has a length before it; 7 is SQUASHFS_SOCKET_TYPE.
      superblock.setUint16(block + 2 + Number(root & 0xffffn), 7, true);
    }),
    reason: /Cannot use squashfs: its root is a socket, not a directory|ENOTDIR/,
  },
  {
    what: "one whose root directory cannot be read",
    options: ["-root-mode", "0"],
    reason: /Cannot use squashfs: its root directory cannot be read, its mode is 0000/,
  },
  {
    what: "one whose metadata is damaged",
    damage: (bytes) => {
      const start = Number(view(bytes).getBigUint64(64, true));
      return bytes.fill(0xff, start, Number(view(bytes).getBigUint64(72, true)));
    },
    reason:
      /Cannot mount squashfs \(compressor gzip\): the kernel (says "[^\n]+"|refuses it, and does not say why)\n/,
  },
];

for (const { what, options, damage, reason } of REFUSALS) {
  testWith(
    `promise 12: ${what} is refused on every way in, before anything is touched`,
    NEEDS,
    () =>
      withRoot(NODES, async (root) => {
        const bytes = makeSquashfs(root, options);
        if (damage !== undefined) Deno.writeFileSync(root + ARCHIVE, damage(bytes));
        const [deep, plan, extract, applied, report, left] = await runSteps(root, [
          "torcx profile check --deep",
          "torcx plan",
          `torcx image extract ${ARCHIVE} /extracted`,
          "torcx apply",
          "cat run/torcx/report.json",
          'ls run/torcx; ls extracted; grep -F " $PWD" /proc/self/mounts',
        ]);
        for (const { code, output } of [deep!, plan!, extract!, applied!]) {
          assertEquals(code, 1, output);
          assertMatch(output, reason);
          assert(output.includes(ARCHIVE), output);
          assertMatch(output, /^torcx: Cannot [a-z]/m);
        }
        assertMatch(
          applied!.output,
          /^torcx: Cannot apply profile "edge": 1 of 1 images failed: "loop:1" \(archive\)\n {2}Cannot use image "loop:1" from "[^"]+"\n/m,
        );
        const { phases, images } = JSON.parse(report!.output).value;
        assertEquals(phases.map(({ name }: { name: string }) => name), ["plan"]);
        assertMatch(images[0].errors.join("\n") + "\n", reason);
        assert(
          !/bin|unpack|squashfs|extracted\n/.test(left!.output.replace("cannot access 'extracted'", "")),
          left!.output,
        );
      }),
  );
}

testWith(
  "promise 12: where the kernel cannot be asked before, a mount that fails says image, archive, compressor and why",
  { programs: ["mksquashfs", "strace"], isRoot: true },
  () =>
    withRoot(NODES, async (root) => {
      const bytes = makeSquashfs(root, ["-comp", "xz"]);
      const start = Number(view(bytes).getBigUint64(64, true));
      Deno.writeFileSync(root + ARCHIVE, bytes.fill(0xff, start, Number(view(bytes).getBigUint64(72, true))));
      const strace = "strace -f -qq -o /dev/null -e inject=fsopen:error=ENOSYS";
      const [applied, left, mended] = await runSteps(root, [
        `(program=(${strace} "\${program[@]}"); torcx apply)`,
        'ls run/torcx; grep -F " $PWD" /proc/self/mounts',
        `rm .${ARCHIVE}; mksquashfs image .${ARCHIVE} -root-mode 0700 -quiet -no-progress >/dev/null; (program=(${strace} "\${program[@]}"); torcx apply --retry)`,
      ]);
      assertEquals(applied!.code, 1, applied!.output);
      assertMatch(
        applied!.output,
        /^torcx: Cannot apply profile "edge": 1 of 1 images failed: "loop:1" \(unpack\)\n {2}Cannot mount image "loop:1" from "[^"]+"\n {2}Cannot mount squashfs \(compressor xz\): the kernel (says ".*squashfs.*"|refuses it, and does not say why)\n {2}mount\(/im,
      );
      assert(!/bin|unpack|squashfs/.test(left!.output), left!.output);
      assertEquals(mended!.code, 0, mended!.output);
      assertMatch(
        mended!.output,
        /warning: image "loop:1": the root directory of the squashfs has mode 0700: /,
      );
    }),
);

for (const compression of ["gzip", "lzo", "lz4", "xz", "zstd"]) {
  testWith(
    `promise 12: one compressed by ${compression} is taken, or named as lacking in the kernel`,
    NEEDS,
    () =>
      withRoot(NODES, async (root) => {
        const bytes = makeSquashfs(root, ["-comp", compression]);
        assertEquals(readSquashfsInfo(bytes).compression, compression);
        const results = await runSteps(root, ["torcx profile check --deep", "torcx plan", "torcx apply"]);
        const codes = results.map(({ code }) => code);
        const shown = results.map(({ output }) => output).join("");
        assert(new Set(codes).size === 1, `all of one opinion: ${codes}\n${shown}`);
        if (codes[0] !== 0) {
          assertMatch(shown, new RegExp(`compressor is ${compression}|${compression}.*compression`));
        }
      }),
  );
}

testWith(
  "promise 12: a root directory that others than root cannot go through is a warning",
  NEEDS,
  async () => {
    for (
      const [mode, isClosed] of [["0700", true], ["0754", true], ["0711", false], ["0755", false]] as const
    ) {
      await withRoot(NODES, async (root) => {
        makeSquashfs(root, ["-root-mode", mode]);
        const results = await runSteps(root, ["torcx profile check --deep", "torcx plan", "torcx apply"]);
        for (const { code, output } of results) {
          assertEquals(code, 0, output);
          const warning = `: the root directory of the squashfs has mode ${mode}: `;
          assertEquals(output.includes(`warning: image "loop`) && output.includes(warning), isClosed, output);
        }
      });
    }
  },
);

testWith(
  "promise 12: one that is padded to less than 4 KiB is a warning where this kernel takes it",
  NEEDS,
  () =>
    withRoot(NODES, async (root) => {
      const { bytesUsed } = readSquashfsInfo(makeSquashfs(root, ["-nopad"]));
      const padded = Math.ceil(bytesUsed / 1024) * 1024;
      const isWhole = padded % 4096 === 0;
      Deno.truncateSync(root + ARCHIVE, padded);
      const results = await runSteps(root, ["torcx profile check --deep", "torcx plan", "torcx apply"]);
      for (const { code, output } of results) {
        if (code === 0) assertEquals(/is not padded to blocks of 4096/.test(output), !isWhole, output);
        else assertMatch(output, /are not padded to blocks of 4096, in which the kernel reads it/);
      }
      assert(new Set(results.map(({ code }) => code)).size === 1);
    }),
);
