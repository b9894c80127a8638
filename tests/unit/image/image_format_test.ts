/** Tests which format a file is taken for, and that one check of its start serves every way in. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { ArchiveError } from "../../../lib/errors.ts";
import { checkImage, findImageFormat } from "../../../lib/image/image_format.ts";
import { Root } from "../../../lib/sys/root.ts";
import { Arena } from "../../support/arena.ts";

const GZIP = "\x1f\x8b";
const [TGZ, TAR, SQUASHFS] = ["tgz", "tar", "squashfs"] as const;

for (
  const [name, head, format] of [
    ["a.tgz", "", TGZ],
    ["a.tar.gz", "hsqs", TGZ],
    ["a.tar", GZIP, TAR],
    ["a:1.torcx.squashfs", GZIP, SQUASHFS],
    ["a", GZIP, TGZ],
    ["a", "hsqs", SQUASHFS],
    ["a.img", "hsqs", SQUASHFS],
    ["a", "", TAR],
    ["a", "h", TAR],
  ] as const
) {
  Deno.test(`findImageFormat() takes ${name} that starts with ${JSON.stringify(head)} for ${format}`, () => {
    using arena = new Arena();
    Deno.writeFileSync(`${arena.directory}/f`, Uint8Array.from(head, (char) => char.charCodeAt(0)));
    using root = Root.open(arena.directory);
    using file = root.openFile(encodePath("/f"));
    assertEquals(findImageFormat(name, file), format);
  });
}

Deno.test("checkImage() refuses what starts otherwise than its format, and takes any plain tar", () => {
  using arena = new Arena();
  Deno.writeTextFileSync(`${arena.directory}/f`, "<html>".padEnd(600));
  using root = Root.open(arena.directory);
  using file = root.openFile(encodePath("/f"));
  const html = "the file is HTML, perhaps the error page of a download";
  for (
    const [format, message] of [[TGZ, `gzip: ${html}, not gzip`], [
      SQUASHFS,
      `squashfs: ${html}, not squashfs`,
    ]]
  ) {
    const error = assertThrows(() => checkImage({ file, format: format as "tgz" }), ArchiveError);
    assertEquals(error.message, `Cannot read ${message}`);
  }
  assertEquals(checkImage({ file, format: "tar" }), []);
});
