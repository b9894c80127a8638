/** Tests that an image gets its tree, unpacked or mounted, or an error that says of which image and why. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { undoOperation } from "../../../../lib/apply/operations/table.ts";
import { encodePath } from "../../../../lib/bytes.ts";
import { listMessages, TorcxError } from "../../../../lib/errors.ts";
import type { UnpackSummary } from "../../../../lib/image/unpack.ts";
import type { Operation } from "../../../../lib/manifest/journal.ts";
import { mountTmpfs, type TmpfsLimits, unmount } from "../../../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../../../lib/sys/namespace.ts";
import { Root } from "../../../../lib/sys/root.ts";
import { readMounts } from "../../../support/mounts.ts";
import { testWith } from "../../../support/needs.ts";
import { withTree } from "../../../support/nodes.ts";
import { execute, type ExecuteOptions } from "../../../support/operations.ts";
import { concat, END, entry, file, gzip } from "../../../support/tar_builder.ts";

const archive = encodePath("/store/a:1");
const path = encodePath("/u/a");
const UNPACK: Operation = { kind: "unpack", image: "a", archive, path };
const MOUNT: Operation = { kind: "mount_squashfs", image: "a", archive, path };

/** Carries an operation out on a tree of its own, whose `u` is a tmpfs if there are limits. */
function make(
  operation: Operation,
  data: Uint8Array,
  use: (run: (options?: ExecuteOptions) => Promise<void>, root: Root, top: string) => Promise<void>,
  limits?: TmpfsLimits,
): Promise<void> {
  if (Deno.uid() === 0) enterPrivateMountNamespace();
  return withTree({ "store/.keep": "", "u/.keep": "" }, async ({ path: top }) => {
    Deno.writeFileSync(`${top}/store/a:1`, data);
    using root = Root.open(top);
    if (limits !== undefined) mountTmpfs(root, encodePath("/u"), limits);
    try {
      await use(
        async (options = {}) => await execute(root, operation, { image: "a:1", ...options }),
        root,
        top,
      );
    } finally {
      if (limits !== undefined) unmount(root, encodePath("/u"));
    }
  });
}

const pack = (...blocks: Uint8Array[]): Promise<Uint8Array> => gzip(concat(...blocks, END));

testWith("unpack makes the tree, and tells what is in it and what is odd", { isRoot: true }, async () => {
  const data = await pack(file("d/f", "data"), entry({ name: "null", type: "3" }));
  const warnings: string[] = [];
  const summaries: UnpackSummary[] = [];
  const read: number[] = [];
  await make(UNPACK, data, async (run, root, top) => {
    await run({
      onWarning: (message, code) => void warnings.push(`${message} [${code}]`),
      onUnpacked: (summary) => void summaries.push(summary),
      onProgress: (bytes) => void read.push(bytes),
    });
    assertEquals(Deno.readTextFileSync(`${top}/u/a/d/f`), "data");
    assertEquals(Deno.statSync(`${top}/u/a`).mode! & 0o7777, 0o755);
    assertEquals(summaries.map(({ files, skipped, readBytes }) => [files, skipped, readBytes]), [
      [1, 1, data.length],
    ]);
    assertEquals(warnings, ['char device "null" is skipped: images have none [device-left-out]']);
    assertEquals(read.at(-1), data.length);
    // It goes with the tmpfs.
    assertEquals(undoOperation(UNPACK, root), true);
  });
});

Deno.test("unpack ends with what onProgress throws", async () => {
  const reason = new Error("stopped");
  await make(UNPACK, await pack(file("f", "x")), async (run) => {
    const onProgress = (): never => {
      throw reason;
    };
    assertEquals(await assertRejects(() => run({ onProgress }), Error), reason);
  });
});

for (
  const [what, operation, data, verb, says] of [
    [
      "a tgz that is cut off",
      UNPACK,
      async () => (await pack(file("f", "x"))).slice(0, -9),
      "unpack",
      "cut off",
    ],
    ["a tgz that is none", UNPACK, () => new Uint8Array(600), "unpack", "the file is zeros, not gzip"],
    ["a squashfs that is none", MOUNT, () => new Uint8Array(600), "mount", "the file is zeros, not squashfs"],
    ["an empty squashfs", MOUNT, () => new Uint8Array(), "mount", "the file is empty"],
  ] as const
) {
  // What of an image is whole is unpacked with its owners.
  testWith(
    `an image from ${what} fails with its name, the archive's, and the way out`,
    { isRoot: true },
    async () => {
      await make(operation, await data(), async (run) => {
        const error = await assertRejects(() => run({ wayOut: "leave it" }), TorcxError);
        assertEquals([error.code, error.message, error.hint], [
          "archive",
          `Cannot ${verb} image "a:1" from "/store/a:1"`,
          "leave it",
        ]);
        assert(listMessages(error).join(": ").includes(says), listMessages(error).join(": "));
      });
    },
  );
}

for (
  const [what, limits, blocks, message] of [
    [
      "bytes",
      { size: "64k" },
      [file("small", "x"), file("large", "x".repeat(100_000))],
      /is limited to 65536 bytes, of which this image takes at least \d+$/,
    ],
    [
      "files",
      { size: "4m", inodes: "5" },
      [file("d/1"), file("d/2"), file("d/3"), file("d/4")],
      /can hold 5 files, directories and links, of which this image has at least \d+$/,
    ],
  ] as const
) {
  testWith(
    `unpack says which limit it is if ${what} run out, and what to raise`,
    { isRoot: true },
    async () => {
      await make(UNPACK, await pack(...blocks), async (run) => {
        const error = await assertRejects(() => run(), TorcxError);
        assertEquals(error.code, "no_space");
        assertMatch(error.message, message);
        assertMatch(error.hint!, what === "bytes" ? /"unpack_size"/ : /"unpack_inodes"/);
      }, limits);
    },
  );
}

testWith("mount_squashfs mounts read-only, tells what is odd, and the undo unmounts", {
  isRoot: true,
  loopDevices: true,
  programs: ["mksquashfs"],
}, async () => {
  const source = Deno.makeTempDirSync();
  const image = Deno.makeTempFileSync();
  Deno.writeTextFileSync(`${source}/f`, "data");
  const args = [source, image, "-noappend", "-quiet", "-no-progress", "-root-mode", "0700"];
  assertEquals(new Deno.Command("mksquashfs", { args }).outputSync().success, true);
  const data = Deno.readFileSync(image);
  Deno.removeSync(source, { recursive: true });
  Deno.removeSync(image);
  await make(MOUNT, data, async (run, root, top) => {
    const warnings: string[] = [];
    const find = (): boolean[] =>
      readMounts().filter(({ target }) => target === `${top}/u/a`).map(({ isReadOnly }) => isReadOnly);
    try {
      await run({ onWarning: (message) => void warnings.push(message) });
      assertEquals([find(), Deno.readTextFileSync(`${top}/u/a/f`)], [[true], "data"]);
      assertMatch(warnings.join(), /^the root directory of the squashfs has mode 0700: /);
    } finally {
      undoOperation(MOUNT, root);
    }
    assertEquals(find(), []);
  });
});
