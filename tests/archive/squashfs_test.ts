/** Tests the superblock of squashfs (fs/squashfs/squashfs_fs.h). */

import { assertEquals, assertThrows } from "@std/assert";
import { readSquashfsInfo } from "../../lib/archive/squashfs.ts";
import { ArchiveError } from "../../lib/errors.ts";
import { CORPUS_DIR, hasCorpus } from "../support/corpus.ts";

function superblock(
  fields: { magic?: number; compression?: number; major?: number; bytes?: bigint },
): Uint8Array {
  const block = new Uint8Array(96);
  const view = new DataView(block.buffer);
  view.setUint32(0, fields.magic ?? 0x73717368, true);
  view.setUint16(20, fields.compression ?? 4, true);
  view.setUint16(28, fields.major ?? 4, true);
  view.setBigUint64(40, fields.bytes ?? 4096n, true);
  return block;
}

Deno.test("readSquashfsInfo() tells compression and size", () => {
  const names: [id: number, name: string][] = [[1, "gzip"], [4, "xz"], [6, "zstd"], [9, "unknown (9)"]];
  for (const [compression, name] of names) {
    assertEquals(readSquashfsInfo(superblock({ compression })), { compression: name, bytesUsed: 4096 });
  }
  assertEquals(readSquashfsInfo(superblock({ bytes: 2n ** 40n })).bytesUsed, 2 ** 40);
});

Deno.test("readSquashfsInfo() refuses what is no squashfs of version 4", () => {
  const cases: [head: Uint8Array, reason: string][] = [
    [superblock({}).subarray(0, 95), "ends within the superblock"],
    [new Uint8Array(0), "ends within the superblock"],
    [superblock({ magic: 0x68737173 }), "does not start as one"],
    [superblock({ major: 3 }), "version 3"],
  ];
  for (const [head, reason] of cases) assertThrows(() => readSquashfsInfo(head), ArchiveError, reason);
});

Deno.test({
  name: "readSquashfsInfo() reads a superblock made by mksquashfs in 2018",
  ignore: !hasCorpus(),
  fn(): void {
    const head = Deno.readFileSync(`${CORPUS_DIR}/torcx/addon_02.torcx.squashfs`);
    const { compression, bytesUsed } = readSquashfsInfo(head);
    assertEquals(compression, "gzip");
    // The file is padded to 4 KiB.
    assertEquals(Math.ceil(bytesUsed / 4096) * 4096, head.length);
  },
});
