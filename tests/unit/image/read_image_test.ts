/** Tests that each format gives the same entries, is read to its end, and fails by what is wrong with the file. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { EntrySink } from "../../../lib/archive/entry.ts";
import { encodePath } from "../../../lib/bytes.ts";
import { ArchiveError, listMessages, TorcxError } from "../../../lib/errors.ts";
import type { ImageFormat } from "../../../lib/image/image_format.ts";
import { readImage, type ReadImageOptions } from "../../../lib/image/read_image.ts";
import { mountTmpfs, unmount } from "../../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../../lib/sys/namespace.ts";
import { Root } from "../../../lib/sys/root.ts";
import { Arena } from "../../support/arena.ts";
import { type Needs, testWith } from "../../support/needs.ts";
import { concat, directory, END, file, gzip, hardlink, symlink } from "../../support/tar_builder.ts";

const TAR = concat(directory("d"), file("d/f", "data"), symlink("l", "d/f"), hardlink("h", "d/f"), END);
const ENTRIES = ["directory d", "file d/f data", "symlink l > d/f", "hardlink h > d/f"];

/** Keeps each entry as a line, and warnings. */
function makeSink(): EntrySink & { lines: string[]; warnings: string[] } {
  const lines: string[] = [];
  const warnings: string[] = [];
  return {
    lines,
    warnings,
    onEntry: ({ type, path, linkTarget }) =>
      void lines.push(`${type} ${path}${linkTarget === "" ? "" : ` > ${linkTarget}`}`),
    onData: (data) => void lines.push(`${lines.pop()} ${new TextDecoder().decode(data)}`),
    onEntryEnd: () => {},
    onWarning: (message) => void warnings.push(message),
    onDebug: () => {},
  };
}

/** Reads an archive of these bytes. */
async function read(
  arena: Arena,
  data: Uint8Array,
  format: ImageFormat,
  options: ReadImageOptions = {},
): Promise<{ lines: string[]; readBytes: number }> {
  Deno.writeFileSync(`${arena.directory}/archive`, data);
  using host = Root.open(arena.directory);
  using opened = host.openFile(encodePath("/archive"));
  const sink = makeSink();
  const { readBytes } = await readImage({ file: opened, format }, sink, options);
  return { lines: sink.lines, readBytes };
}

for (const [format, make] of [["tar", () => TAR], ["tgz", () => gzip(TAR)]] as const) {
  Deno.test(`readImage() gives the entries of a ${format}, and its size`, async () => {
    using arena = new Arena();
    const data = await make();
    const progress: number[] = [];
    const onProgress = (bytes: number): void => void progress.push(bytes);
    assertEquals(await read(arena, data, format, { onProgress }), {
      lines: ENTRIES,
      readBytes: data.length,
    });
    assertEquals(progress.at(-1), data.length);
  });

  Deno.test(`readImage() reads a ${format} to its end`, async () => {
    using arena = new Arena();
    const cut = format === "tar" ? TAR.subarray(0, 1200) : (await make()).subarray(0, -8);
    const error = await assertRejects(() => read(arena, cut, format), ArchiveError);
    assertStringIncludes(error.message, "cut off");
  });
}

Deno.test("readImage() names what a file is that is not of its format", async () => {
  using arena = new Arena();
  for (
    const [format, data, message] of [
      ["tgz", TAR, "Cannot read gzip: the file is tar, not gzip"],
      ["tar", await gzip(TAR), "Cannot read tar: its content is gzip, not tar"],
      ["squashfs", await gzip(TAR), "Cannot read squashfs: the file is gzip, not squashfs"],
    ] as const
  ) {
    const mountPoint = { root: Root.open(arena.directory), path: encodePath("/root") };
    const error = await assertRejects(() => read(arena, data, format, { mountPoint }), ArchiveError);
    mountPoint.root[Symbol.dispose]();
    assertEquals(error.message, message);
  }
});

Deno.test("readImage() throws `unsupported` for a squashfs that has no place", async () => {
  using arena = new Arena();
  const error = await assertRejects(() => read(arena, TAR, "squashfs"), TorcxError);
  assertEquals(error.code, "unsupported");
});

const SQUASHFS: Needs = { isRoot: true, loopDevices: true, programs: ["mksquashfs"] };

/** Makes a squashfs of {@linkcode ENTRIES}, and reads it in a mount of its own. */
async function readSquashfs(
  damage: (image: Uint8Array) => Uint8Array,
  options: ReadImageOptions = {},
): Promise<{ lines: string[]; mounts: number }> {
  enterPrivateMountNamespace();
  using arena = new Arena();
  const script = 'mkdir -p "$0/d" && cd "$0" && printf data > d/f && ln d/f h && ln -s d/f l && ' +
    "mksquashfs . ../image -quiet -no-progress";
  const { success } = new Deno.Command("sh", { args: ["-euc", script, `${arena.directory}/tree`] })
    .outputSync();
  assertEquals(success, true);
  using root = Root.open(arena.directory);
  mountTmpfs(root, encodePath("/root"));
  try {
    using scratch = root.openSub(encodePath("/root"));
    const image = damage(Deno.readFileSync(`${arena.directory}/image`));
    scratch.makeDir(encodePath("/at"), 0o755);
    const { lines } = await read(arena, image, "squashfs", {
      ...options,
      mountPoint: { root: scratch, path: encodePath("/at") },
    });
    const mounts = Deno.readTextFileSync("/proc/thread-self/mounts").split("\n")
      .filter((line) => line.includes(`${arena.root}/at`)).length;
    return { lines, mounts };
  } finally {
    unmount(root, encodePath("/root"));
  }
}

testWith(
  "readImage() gives the entries of a squashfs, then its tree, and leaves no mount",
  SQUASHFS,
  async () => {
    let text = "";
    const onTree = (tree: Root): void =>
      void (text = new TextDecoder().decode(tree.readFile(encodePath("/l"))));
    const { lines, mounts } = await readSquashfs((image) => image, { onTree });
    assertEquals(lines.toSorted(), ["directory d", "file h data", "hardlink d/f > h", "symlink l > d/f"]);
    assertEquals([text, mounts], ["data", 0]);
  },
);

testWith("readImage() ends with what onProgress throws, of a squashfs too", SQUASHFS, async () => {
  const onProgress = (): never => {
    throw new TorcxError("failed", "stopped");
  };
  const error = await assertRejects(() => readSquashfs((image) => image, { onProgress }), TorcxError);
  assertEquals(error.message, "stopped");
});

testWith("readImage() checks a squashfs before it is mounted", SQUASHFS, async () => {
  const error = await assertRejects(() => readSquashfs((image) => image.subarray(0, 200)), ArchiveError);
  assertStringIncludes(listMessages(error).join(": "), "the file is cut off");
});
