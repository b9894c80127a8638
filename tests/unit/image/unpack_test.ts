/** Tests unpacking whole archives: counts, sparse files, full file systems, failures, two at once. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { ArchiveError, listMessages, TorcxError } from "../../../lib/errors.ts";
import { unpackImage } from "../../../lib/image/unpack.ts";
import { mountTmpfs, type TmpfsLimits, unmount } from "../../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace, isRootUser } from "../../../lib/sys/namespace.ts";
import { Root } from "../../../lib/sys/root.ts";
import {
  concat,
  directory,
  END,
  entry,
  file,
  gnuSparse,
  gzip,
  hardlink,
  symlink,
} from "../../support/tar_builder.ts";
import { Arena } from "../../support/arena.ts";
import { testWith } from "../../support/needs.ts";

const isRoot = isRootUser();
const options = { isOwnerKept: isRoot };

function countDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

Deno.test("unpackImage() says what it made, read and skipped", async () => {
  using arena = new Arena();
  const progress: number[] = [];
  const summary = await arena.unpack(
    [
      directory("d"),
      file("d/f", "12345"),
      file("g", "6"),
      symlink("l", "g"),
      hardlink("h", "g"),
      entry({ name: "p", type: "6" }),
      entry({ name: "null", type: "3" }),
    ],
    "openat2",
    { isOwnerKept: isRoot, onProgress: (readBytes) => progress.push(readBytes) },
  );
  const readBytes = Deno.statSync(`${arena.directory}/archive`).size;
  assertEquals(summary, {
    readBytes,
    unpackedBytes: 6,
    files: 2,
    directories: 1,
    symlinks: 1,
    hardlinks: 1,
    fifos: 1,
    skipped: 1,
    warnings: [`char device "null" is skipped: images have none`],
  });
  assertEquals(progress.at(-1), readBytes);
});

Deno.test("unpackImage() makes holes without writing them", async () => {
  using arena = new Arena();
  const size = 2 ** 33;
  await arena.unpack(
    [gnuSparse("s", size, [[0, 3], [2 ** 32, 3], [size, 0]], "abcdef")],
    "openat2",
    { isOwnerKept: isRoot },
  );
  const stat = Deno.statSync(`${arena.root}/s`);
  assertEquals(stat.size, size);
  assert(stat.blocks! < 1024, `${stat.blocks} blocks`);
  using root = Root.open(arena.root);
  using opened = root.openFile(encodePath("s"));
  const buffer = new Uint8Array(4);
  opened.readAt(buffer, 2 ** 32);
  assertEquals(new TextDecoder().decode(buffer), "def\0");
});

Deno.test("unpackImage() unpacks two archives at once", async () => {
  using arena = new Arena();
  using host = Root.open("/");
  const unpack = async (name: string): Promise<number> => {
    const blocks = Array.from(
      { length: 400 },
      (_, at) => file(`${at % 200}/f${at}`, `${name} ${at}\n`.repeat(99)),
    );
    Deno.writeFileSync(`${arena.directory}/${name}.tgz`, await gzip(concat(...blocks, END)));
    Deno.mkdirSync(`${arena.root}/${name}`);
    using source = host.openFile(encodePath(`${arena.directory}/${name}.tgz`));
    using target = Root.open(`${arena.root}/${name}`);
    return (await unpackImage({ file: source, format: "tgz" }, target, options)).files;
  };
  const before = countDescriptors();
  assertEquals(await Promise.all([unpack("a"), unpack("b")]), [400, 400]);
  assertEquals(countDescriptors(), before);
  for (const name of ["a", "b"]) {
    for (const at of [0, 199, 399]) {
      const text = Deno.readTextFileSync(`${arena.root}/${name}/${at % 200}/f${at}`);
      assertEquals(text, `${name} ${at}\n`.repeat(99));
    }
  }
});

Deno.test("unpackImage() closes every descriptor if it fails", async () => {
  using arena = new Arena();
  const before = countDescriptors();
  for (const blocks of [[file("a/b/f", "x"), file("a/../g")], [file("a/f", "x"), hardlink("h", "nowhere")]]) {
    await assertRejects(() => arena.unpack(blocks, "walk", { isOwnerKept: isRoot }), ArchiveError);
  }
  const cut = file("c/f", "x".repeat(2000)).subarray(0, 1024);
  Deno.writeFileSync(`${arena.directory}/cut`, cut);
  using host = Root.open("/");
  {
    using source = host.openFile(encodePath(`${arena.directory}/cut`));
    using target = Root.open(arena.root);
    await assertRejects(() => unpackImage({ file: source, format: "tar" }, target, options), ArchiveError);
  }
  assertEquals(countDescriptors(), before + 1);
});

Deno.test("unpackImage() ends with what onProgress throws", async () => {
  using arena = new Arena();
  const onProgress = (): never => {
    throw new TorcxError("failed", "stopped");
  };
  const error = await assertRejects(
    () => arena.unpack([file("f")], "openat2", { isOwnerKept: isRoot, onProgress }),
    TorcxError,
  );
  assertEquals(error.message, "stopped");
});

/** Sizes of a tmpfs that the archive does not fit on. */
const FULL: Record<string, { limits: TmpfsLimits; blocks: Uint8Array[]; entry: string }> = {
  bytes: {
    limits: { size: "64k" },
    blocks: [file("a", "a"), file("large", "x".repeat(100_000))],
    entry: "large",
  },
  inodes: {
    limits: { size: "1m", inodes: "4" },
    blocks: [file("d/1"), file("d/2"), file("d/3")],
    entry: "d/3",
  },
};

for (const [what, { limits, blocks, entry: name }] of Object.entries(FULL)) {
  testWith(
    `unpackImage() fails with no_space and names the entry if ${what} run out`,
    { isRoot: true },
    async () => {
      enterPrivateMountNamespace();
      using arena = new Arena();
      {
        using outside = Root.open(arena.directory);
        mountTmpfs(outside, encodePath("root"), limits);
        try {
          const error = await assertRejects(() => arena.unpack(blocks, "openat2"), TorcxError);
          const text = listMessages(error).join(": ");
          assertEquals(error.code, "no_space", text);
          assert(text.startsWith(`Cannot unpack entry "${name}": `) && text.includes("ENOSPC"), text);
        } finally {
          unmount(outside, encodePath("root"));
        }
      }
      assert(arena.isSentinelSame);
    },
  );
}
