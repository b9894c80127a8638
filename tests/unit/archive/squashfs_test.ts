/** Tests the superblock of squashfs (fs/squashfs/squashfs_fs.h). */

import { assertEquals, assertThrows } from "@std/assert";
import { readSquashfsInfo } from "../../../lib/archive/squashfs.ts";
import { ArchiveError } from "../../../lib/errors.ts";
import { CORPUS_DIR } from "../../support/corpus.ts";
import { testWith } from "../../support/needs.ts";

/** Fields of a superblock that are not as in a sound one. */
interface Fields {
  magic?: number;
  inodes?: number;
  blockBytes?: number;
  fragments?: number;
  compression?: number;
  blockLog?: number;
  owners?: number;
  major?: number;
  minor?: number;
  root?: bigint;
  bytes?: bigint;
  ids?: bigint;
  xattrs?: bigint;
  inodeTable?: bigint;
  directories?: bigint;
  fragmentTable?: bigint;
  exports?: bigint;
}

const NO_TABLE = 2n ** 64n - 1n;

function superblock(fields: Fields): Uint8Array {
  const block = new Uint8Array(96);
  const view = new DataView(block.buffer);
  view.setUint32(0, fields.magic ?? 0x73717368, true);
  view.setUint32(4, fields.inodes ?? 1, true);
  view.setUint32(12, fields.blockBytes ?? 131072, true);
  view.setUint32(16, fields.fragments ?? 1, true);
  view.setUint16(20, fields.compression ?? 4, true);
  view.setUint16(22, fields.blockLog ?? 17, true);
  view.setUint16(26, fields.owners ?? 1, true);
  view.setUint16(28, fields.major ?? 4, true);
  view.setUint16(30, fields.minor ?? 0, true);
  view.setBigUint64(32, fields.root ?? 32n, true);
  view.setBigUint64(40, fields.bytes ?? 4096n, true);
  view.setBigUint64(48, fields.ids ?? 600n, true);
  view.setBigUint64(56, fields.xattrs ?? 700n, true);
  view.setBigUint64(64, fields.inodeTable ?? 96n, true);
  view.setBigUint64(72, fields.directories ?? 300n, true);
  view.setBigUint64(80, fields.fragmentTable ?? 400n, true);
  view.setBigUint64(88, fields.exports ?? 500n, true);
  return block;
}

Deno.test("readSquashfsInfo() tells compression and size", () => {
  const names: [id: number, name: string][] = [[1, "gzip"], [4, "xz"], [6, "zstd"]];
  for (const [compression, name] of names) {
    assertEquals(readSquashfsInfo(superblock({ compression })), { compression: name, bytesUsed: 4096 });
  }
  assertEquals(readSquashfsInfo(superblock({ bytes: 2n ** 40n })).bytesUsed, 2 ** 40);
});

Deno.test("readSquashfsInfo() takes a superblock without the tables that may be missing", () => {
  const head = superblock({ fragments: 0, fragmentTable: 1n, exports: NO_TABLE, xattrs: NO_TABLE });
  assertEquals(readSquashfsInfo(head).bytesUsed, 4096);
});

Deno.test("readSquashfsInfo() refuses what is no squashfs of version 4", () => {
  const cases: [head: Uint8Array, reason: string][] = [
    [superblock({}).subarray(0, 95), "ends within the superblock"],
    [new Uint8Array(0), "the file is empty"],
    [superblock({ magic: 0x68737173 }), "the file is a squashfs of another byte order"],
    [superblock({ magic: 0x12345678 }), "does not start as one"],
    [superblock({ major: 3 }), "version 3.0"],
    [superblock({ minor: 1 }), "version 4.1"],
    [superblock({ compression: 0 }), "unknown number 0"],
    [superblock({ compression: 9 }), "unknown number 9"],
    [superblock({ blockBytes: 0 }), "blocks of 0 bytes"],
    [superblock({ blockBytes: 2048, blockLog: 11 }), "blocks of 2048 bytes"],
    [superblock({ blockBytes: 2 ** 21, blockLog: 21 }), "blocks of 2097152 bytes"],
    [superblock({ blockLog: 300 }), "2^300"],
    [superblock({ inodes: 0 }), "no inodes"],
    [superblock({ owners: 0 }), "no owners"],
    [superblock({ root: 204n << 16n }), "root directory is not in the inode table"],
    [superblock({ root: 8192n }), "root directory is not in the inode table"],
    [superblock({ inodeTable: 95n }), "the inode table at 95 does not come after the superblock"],
    [superblock({ directories: 96n }), "the directory table at 96 does not come after the inode table at 96"],
    [
      superblock({ fragmentTable: 200n }),
      "the fragment table at 200 does not come after the directory table",
    ],
    [superblock({ exports: 300n }), "the export table at 300 does not come after the fragment table"],
    [superblock({ ids: NO_TABLE }), "the id table at 18446744073709551615 does not come after"],
    [superblock({ xattrs: 5000n }), "the end of the file system at 4096 does not come after the xattr table"],
    [superblock({ bytes: 2n ** 63n }), "the end of the file system at 9223372036854775808 does not"],
  ];
  for (const [head, reason] of cases) assertThrows(() => readSquashfsInfo(head), ArchiveError, reason);
});

testWith("readSquashfsInfo() reads a superblock made by mksquashfs in 2018", { files: [CORPUS_DIR] }, () => {
  const head = Deno.readFileSync(`${CORPUS_DIR}/torcx/addon_02.torcx.squashfs`);
  const { compression, bytesUsed } = readSquashfsInfo(head);
  assertEquals(compression, "gzip");
  // The file is padded to 4 KiB.
  assertEquals(Math.ceil(bytesUsed / 4096) * 4096, head.length);
});
