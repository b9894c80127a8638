/** Tests that what is looked into has its data after one more reading, and that nothing else is read or written. */

import { assertEquals, assertRejects } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { completeFiles, type Wish } from "../../../lib/image/complete_files.ts";
import { readImage } from "../../../lib/image/read_image.ts";
import { SkeletonSink } from "../../../lib/image/writer/skeleton_sink.ts";
import { TreeWriter } from "../../../lib/image/writer/tree_writer.ts";
import { isRootUser } from "../../../lib/sys/namespace.ts";
import { Root } from "../../../lib/sys/root.ts";
import { Arena } from "../../support/arena.ts";
import { concat, END, file, gzip, hardlink, symlink } from "../../support/tar_builder.ts";

const MIB = 2 ** 20;
const LARGE = "large".repeat(300_000);
const PROGRAM = `\x7fELF${"code".repeat(5000)}`;

const BLOCKS = [
  file("m", "old"),
  hardlink("kept", "m"),
  file("m", "new"),
  file("data", "data"),
  symlink("link", "/../data"),
  hardlink("hard", "data"),
  file("prog", PROGRAM, { mode: 0o755 }),
  file("large", LARGE),
  file("a.service", "[Unit]"),
  file("closed", "closed", { mode: 0 }),
  file("usr/bin/text", "text"),
];

/** Makes the skeleton of {@linkcode BLOCKS}, has files completed, and returns how much of the archive was read. */
async function complete(arena: Arena, wishes: readonly Wish[], data?: Uint8Array): Promise<number> {
  Deno.writeFileSync(`${arena.directory}/archive`, await gzip(concat(...BLOCKS, END)));
  using host = Root.open(arena.directory);
  using tree = Root.open(arena.root);
  using opened = host.openFile(encodePath("/archive"));
  const image = { file: opened, format: "tgz" } as const;
  const isOwnerKept = isRootUser();
  using writer = new TreeWriter(tree, { isOwnerKept, onWarning: () => {} });
  await readImage(image, new SkeletonSink(writer, { isOwnerKept }));
  writer.finish();
  let readBytes = 0;
  if (data !== undefined) Deno.writeFileSync(`${arena.directory}/archive`, data);
  await completeFiles(image, tree, { wishes, onProgress: (bytes) => void (readBytes = bytes) });
  return readBytes;
}

const whole = (path: string): Wish => ({ path: encodePath(path), isHeadEnough: false });
const head = (path: string): Wish => ({ path: encodePath(path), isHeadEnough: true });

Deno.test("SkeletonSink keeps sizes of all, and the data of units, and the heads of programs", async () => {
  using arena = new Arena();
  assertEquals(await complete(arena, []), 0);
  const read = (name: string): string => Deno.readTextFileSync(`${arena.root}/${name}`);
  assertEquals(read("a.service"), "[Unit]");
  assertEquals(read("usr/bin/text"), "text");
  assertEquals(read("data"), "\0\0\0\0");
  assertEquals(read("prog"), PROGRAM.slice(0, 4096).padEnd(PROGRAM.length, "\0"));
  const { size, blocks } = Deno.statSync(`${arena.root}/large`);
  assertEquals([size, blocks], [LARGE.length, 0]);
});

for (
  const [name, wishes, texts] of [
    ["a file", [whole("/data")], { data: "data", hard: "data", m: "\0\0\0" }],
    ["a file behind a symlink", [whole("/link")], { data: "data" }],
    ["a file by its second name", [whole("/hard")], { data: "data" }],
    ["a file that lost its first name", [whole("/kept")], { kept: "old", m: "\0\0\0" }],
    ["a file that has another's place", [whole("/m")], { kept: "\0\0\0", m: "new" }],
    ["several files", [whole("/m"), whole("/kept"), whole("/data")], { kept: "old", m: "new", data: "data" }],
    ["a program", [whole("/prog")], { prog: PROGRAM }],
    ["the first MiB of a large file", [whole("/large")], {
      large: LARGE.slice(0, MIB).padEnd(LARGE.length, "\0"),
    }],
    ["a file that nobody may read", [whole("/closed")], { closed: "closed" }],
  ] as const
) {
  Deno.test(`completeFiles() reads ${name}`, async () => {
    using arena = new Arena();
    const readBytes = await complete(arena, wishes);
    assertEquals(readBytes, Deno.statSync(`${arena.directory}/archive`).size);
    for (const [file, text] of Object.entries(texts)) {
      assertEquals(Deno.readTextFileSync(`${arena.root}/${file}`), text, file);
    }
  });
}

Deno.test("completeFiles() reads nothing for what is there, or nowhere", async () => {
  using arena = new Arena();
  assertEquals(await complete(arena, [whole("/a.service"), head("/prog"), whole("/none/x"), whole("/")]), 0);
});

Deno.test("completeFiles() fails if the archive is another one meanwhile", async () => {
  using arena = new Arena();
  const other = await gzip(concat(...BLOCKS.slice(0, 3), file("data", "longer"), END));
  const error = await assertRejects(() => complete(arena, [whole("/data")], other), TorcxError);
  assertEquals(error.message, 'Cannot read "/data": the archive was changed while it was read');
});
