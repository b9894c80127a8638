/** Tests that content of another kind is named by its first bytes, and that none of it is shown. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkContent, describeContent, HEAD_BYTES } from "../../../lib/archive/magic.ts";
import { ArchiveError } from "../../../lib/errors.ts";
import { bytes, concat, file, utf8 } from "../../support/tar_builder.ts";
import { assertRefused } from "../../support/read_tar.ts";

/** What it is called, by its first bytes. */
const CASES: [head: Uint8Array | string, name: string | undefined][] = [
  ["", "empty"],
  ["\0", "zeros"],
  [new Uint8Array(HEAD_BYTES), "zeros"],
  ["\x1f\x8b\x08\0", "gzip"],
  ["hsqs", "a squashfs"],
  ["sqsh", "a squashfs of another byte order"],
  ["\xfd7zXZ\0", "xz"],
  ["\x28\xb5\x2f\xfd", "zstd"],
  ["BZh91AY&SY", "bzip2"],
  ["BZh0", "text"],
  ["\x04\x22\x4d\x18", "lz4"],
  ["\x5d\0\0\x80\0", "lzma"],
  ["LZIP\x01", "lzip"],
  ["\x89LZO\0\r\n", "lzop"],
  ["\x1f\x9d\x90", "compress"],
  ["PK\x03\x04\x14\0", "a zip archive"],
  ["PK\x05\x06\0\0", "a zip archive"],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive"],
  ["070701000", "a cpio archive"],
  ["070702000", "a cpio archive"],
  ["070707000", "a cpio archive"],
  ["\xc7\x71\0\xfe", "a cpio archive"],
  ["\x71\xc7\0\xfe", "a cpio archive"],
  ["!<arch>\ndebian-binary   ", "a Debian package"],
  ["!<arch>\nfoo.o/", "an ar archive"],
  ["\xed\xab\xee\xdb\x03\0", "an RPM package"],
  ["\x7fELF\x02", "an ELF program"],
  ["version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"],
  [file("a", "x"), "tar"],
  [file("a", "x", { format: "v7" }), "tar"],
  ["<!DOCTYPE html><title>404</title>", "HTML, perhaps the error page of a download"],
  ["\n \t<html lang=en>", "HTML, perhaps the error page of a download"],
  ["\xef\xbb\xbf<HTML>", "HTML, perhaps the error page of a download"],
  ['<?xml version="1.0"?><Error><Code>NoSuchKey', "XML, perhaps the error page of a download"],
  ['{"errors":[]}', "JSON, perhaps the error of a download"],
  ["<htmlish>", "text"],
  ["Not Found\n", "text"],
  [utf8("nicht gefunden: ä"), "text"],
  // The last character is cut.
  [utf8("ä".repeat(300)).slice(0, 511), "text"],
  ["\xff\xfeN\0o\0", "text"],
  ["\x01\x02\x03", undefined],
  ["text\0and more", undefined],
  ["\xe9t\xe9", undefined],
];

for (const [head, name] of CASES) {
  Deno.test(`describeContent() calls ${JSON.stringify(bytes(head).subarray(0, 9).join(" "))} ${name}`, () => {
    const data = bytes(head);
    for (const wanted of ["gzip", "squashfs", "tar"] as const) {
      const what = wanted === "tar" ? "its content" : "the file";
      const not = name === "empty" ? "" : `, not ${wanted}`;
      const isWanted = name === (wanted === "squashfs" ? "a squashfs" : wanted);
      const error = describeContent(wanted, data);
      if (name === undefined || (wanted === "tar" && isWanted)) assertEquals(error, undefined);
      else {
        assertEquals(error?.message, `Cannot read ${wanted}: ${what} is ${name}${not}`);
        assert((error?.hint ?? "").length > 0, "there is a way out");
      }
      if (wanted === "tar") continue;
      if (isWanted) checkContent(wanted, data);
      else {assertThrows(
          () => checkContent(wanted, data),
          ArchiveError,
          error?.message ?? "does not start as one",
        );}
    }
  });
}

Deno.test("TarReader names content that is no tar, wherever it is cut, and where it starts only", () => {
  const long = "<!doctype html>".padEnd(2000, "x");
  for (const [head, name] of CASES) {
    const data = bytes(head);
    if (name === undefined || name === "tar" || name === "zeros" || name === "empty") continue;
    assertRefused(data, `Cannot read tar: its content is ${name}, not tar`, { isRaw: true });
  }
  assertRefused(bytes(long), "its content is HTML", { isRaw: true });
  assertRefused(concat(file("a", "x"), long), "checksum", { isRaw: true });
  // Damage in a header is damage.
  assertRefused(file("a", "x", { checksum: "1" }), "checksum", { isRaw: true });
});
